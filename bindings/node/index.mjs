// The same objects as by `require`: a program that uses both has one library.
import devcred from './index.js';

export const { Client, DevcredError, DeviceCredential, ErrorKind, MqttLogin } = devcred;
