/* devcred: fetches the credential of an IoT device on Alibaba Cloud ApsaraMQ for MQTT.
 * (Long because a program includes one header.)
 *
 * - Every function that can fail returns a status: DEVCRED_OK, or what the caller can do about the failure. Numbers are never
 *   reused. Where a function has an `error`, it says why; where it is not wanted, it may be NULL.
 * - Every object belongs to one owner, who frees it with the function of its name; `_free` takes NULL too. They may be freed in
 *   any order. A text belongs to the object that it was read from.
 * - Texts are UTF-8 and end with a NUL. A text that is NULL or not UTF-8 where one is needed is refused.
 * - A callback runs on a thread of the library, must return soon, must not block and must not throw.
 * - If the system gives no memory, the process is aborted, as by abort(). No function is async-signal-safe.
 * - No secret stands in an error, a log event or a text for people, and no function prints anything. Only where the library itself is
 *   at fault and panics, Rust says where on stderr; the caller gets DEVCRED_INTERNAL. */

#ifndef DEVCRED_H
#define DEVCRED_H

/* Made by cbindgen from bindings/c/src. Do not edit: DEVCRED_WRITE=1 cargo test -p devcred-c --test header writes it. */

#include <stdbool.h>
#include <stdint.h>

/*
 The version of the binary interface that this header describes. A program may compare it with devcred_abi_version(): they are
 equal where header and library fit. It grows only where something that was there changes.
 */
#define DEVCRED_ABI_VERSION 1

/*
 Success.
 */
#define DEVCRED_OK 0

/*
 Fix the input: an option, id, handle or string is invalid. It was refused by this library before anything was sent, or by
 the service.
 */
#define DEVCRED_INVALID_PARAMETER 1

/*
 Fix the AccessKey, its security token, or the clock.
 */
#define DEVCRED_AUTHENTICATION 2

/*
 Fix the RAM policy, the account or the region: this account has no access to this instance.
 */
#define DEVCRED_PERMISSION_DENIED 3

/*
 Register the device first: it has no credential.
 */
#define DEVCRED_NOT_FOUND 4

/*
 Slow down. The call was retried before this is returned.
 */
#define DEVCRED_THROTTLED 5

/*
 Use another region, instance or endpoint: this one does not know the operation.
 */
#define DEVCRED_UNSUPPORTED 6

/*
 Try later: the service failed, or returned a code that this version does not know.
 */
#define DEVCRED_SERVICE 7

/*
 Check the network: no response arrived in time.
 */
#define DEVCRED_TIMEOUT 8

/*
 Check the network: no connection could be made, or it ended before the complete response arrived.
 */
#define DEVCRED_TRANSPORT 9

/*
 Report it: the response does not match the service's documentation.
 */
#define DEVCRED_INVALID_RESPONSE 10

/*
 Report it: this library failed, or was called in a way that cannot work.
 */
#define DEVCRED_INTERNAL 11

/*
 The call was cancelled by devcred_call_cancel. There is no error.
 */
#define DEVCRED_CANCELLED 100

/*
 devcred logs nothing at this level: it returns errors instead.
 */
#define DEVCRED_LOG_ERROR 1

/*
 Retries, and the first time that the rate limiter delays a call.
 */
#define DEVCRED_LOG_WARN 2

/*
 devcred logs nothing at this level.
 */
#define DEVCRED_LOG_INFO 3

/*
 Every attempt.
 */
#define DEVCRED_LOG_DEBUG 4

/*
 devcred logs nothing at this level; it includes the levels above.
 */
#define DEVCRED_LOG_TRACE 5

/*
 Pass as `timeout_ms` to use the client's timeout.
 */
#define DEVCRED_CLIENT_TIMEOUT -1

/*
 A call that was started. The caller owns it and must free it with devcred_call_free, before or after it has completed.
 */
typedef struct devcred_call devcred_call;

/*
 A client. The caller owns it and must free it with devcred_client_free. Create one and keep it: it has the connections and the
 rate limiter. Any number of threads may use it at once. In a forked process it continues to work, with new connections.
 */
typedef struct devcred_client devcred_client;

/*
 The credential of a device, with the login that follows from it. It belongs to the caller, who frees it with
 devcred_credential_free, which wipes its secrets.
 */
typedef struct devcred_credential devcred_credential;

/*
 Why a function failed. It contains no secret. The caller owns it and must free it with devcred_error_free. Any number of
 threads may read it at once.
 */
typedef struct devcred_error devcred_error;

/*
 What a client is made of. It belongs to the caller, who frees it with devcred_options_free, before or after the clients
 that are made of it. One thread at a time may use it.

 What is not set is as the library has it: README.md has the table. A setter refuses a NULL and a text that is not UTF-8; the
 values themselves are looked at by devcred_client_new, which also refuses options of which a setter has refused something,
 so that a program need not look at every setter's status.
 */
typedef struct devcred_options devcred_options;

/*
 What a function returns: `DEVCRED_OK`, or what the caller should do about its failure.
 */
typedef int32_t devcred_status;

/*
 Called for each log event. `message` is one line, contains no secret, and is valid only during the call.
 */
typedef void (*devcred_log)(void *user_data, int32_t level, const char *message);

/*
 Receives the outcome of a call, exactly once, on a thread of the library: DEVCRED_OK with a credential, DEVCRED_CANCELLED with
 neither, any other status with an error. The callee owns the credential and the error and must free them.

 It must return soon and must not block: no other call makes progress meanwhile. It may start and cancel calls, and free
 anything. It must return normally: a C++ exception ends the process, and longjmp is not allowed.
 */
typedef void (*devcred_completion)(void *user_data,
                                   devcred_status status,
                                   devcred_credential *credential,
                                   devcred_error *error);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/*
 The version of the library, such as "0.1.0".

 The text is the library's, and stays. Any thread may ask.
 */
const char *devcred_version(void);

/*
 The version of the library's binary interface.
 */
uint32_t devcred_abi_version(void);

/*
 Returns the name of a status, the same in every language, such as "NotFound"; NULL for any other number.

 The string is static. Any thread may call it.
 */
const char *devcred_status_name(devcred_status status);

/*
 Options of which none is set. Never NULL.

 The caller frees them with devcred_options_free.
 */
devcred_options *devcred_options_new(void);

/*
 Options that come from the environment, as devcred_client_new finds it: ALIBABA_CLOUD_ACCESS_KEY_ID,
 ALIBABA_CLOUD_ACCESS_KEY_SECRET, ALIBABA_CLOUD_SECURITY_TOKEN, ALIBABA_CLOUD_REGION_ID, DEVCRED_INSTANCE_ID,
 DEVCRED_ENDPOINT and DEVCRED_MAX_REQUESTS_PER_SECOND. What a setter sets goes before them. Never NULL.

 The caller frees them with devcred_options_free.
 */
devcred_options *devcred_options_from_env(void);

/*
 Sets the AccessKey of the account: id, secret and, for a temporary one, its security token; else NULL.

 The texts are copied, and wiped when the options and their clients are freed.
 */
devcred_status devcred_options_set_access_key(devcred_options *options,
                                              const char *access_key_id,
                                              const char *access_key_secret,
                                              const char *security_token);

/*
 Sets the region, such as cn-hangzhou; the endpoint follows from it.

 The text is copied.
 */
devcred_status devcred_options_set_region(devcred_options *options, const char *region);

/*
 Sets from which network the service is asked: public, or vpc from a machine inside the region's.

 The text is copied.
 */
devcred_status devcred_options_set_network(devcred_options *options, const char *network);

/*
 Sets the endpoint in place of the one that follows from the region: https://host[:port], or http for this machine itself.

 The text is copied.
 */
devcred_status devcred_options_set_endpoint(devcred_options *options,
                                            const char *endpoint);

/*
 Sets the instance of calls that do not name one.

 The text is copied.
 */
devcred_status devcred_options_set_instance_id(devcred_options *options, const char *instance_id);

/*
 Sets how requests are signed: acs3-hmac-sha256 or hmac-sha1. With a security token, leave the first.

 The text is copied.
 */
devcred_status devcred_options_set_signature(devcred_options *options,
                                             const char *signature);

/*
 Adds these certificates, in PEM, to the authorities that are trusted: those of the library, or of SSL_CERT_FILE.

 The text is copied.
 */
devcred_status devcred_options_set_root_certificates_pem(devcred_options *options,
                                                         const char *root_certificates_pem);

/*
 Sets the proxy: http[s]://[user:password@]host[:port], or off. Without it HTTPS_PROXY and NO_PROXY say.

 The text is copied.
 */
devcred_status devcred_options_set_proxy(devcred_options *options,
                                         const char *proxy);

/*
 Sets how long a call may take in all, waits and retries included: 1 to 86,400,000 milliseconds.
 */
devcred_status devcred_options_set_timeout(devcred_options *options, uint64_t timeout_ms);

/*
 Sets how long one attempt may take: 1 to 86,400,000 milliseconds.
 */
devcred_status devcred_options_set_attempt_timeout(devcred_options *options,
                                                   uint64_t attempt_timeout_ms);

/*
 Sets how long it may take to connect - name, TCP, proxy and TLS together: 1 to 86,400,000 milliseconds.
 */
devcred_status devcred_options_set_connect_timeout(devcred_options *options,
                                                   uint64_t connect_timeout_ms);

/*
 Sets how often a request is sent at most, the first time included: at least 1.
 */
devcred_status devcred_options_set_max_attempts(devcred_options *options, uint32_t max_attempts);

/*
 Sets how many requests a second this client sends at most: 1 to 1,000,000. The service blocks an address above 300.
 */
devcred_status devcred_options_set_max_requests_per_second(devcred_options *options,
                                                           uint32_t max_requests_per_second);

/*
 Sets a function that is told the log events of the clients made of these options, up to a level: DEVCRED_LOG_ERROR to
 DEVCRED_LOG_TRACE. NULL takes it away again.

 It is called with `user_data` on threads of the library, perhaps several at once, and must return soon. It must return: a C++
 exception that leaves it ends the process. `user_data` must stay valid until each client that was made of these options has
 been closed by devcred_client_close.
 */
devcred_status devcred_options_set_log(devcred_options *options,
                                       int32_t level,
                                       devcred_log log,
                                       void *user_data);

/*
 Frees options. NULL is allowed and does nothing. Clients made of them go on.
 */
void devcred_options_free(devcred_options *options);

/*
 Creates a client. Nothing is sent, and no thread is started.

 The caller keeps `options`. If the status is DEVCRED_OK, the caller owns `*client`; otherwise it is NULL. `error` may be NULL;
 otherwise the caller owns `*error`, which is NULL if there is no error.

 Fails with DEVCRED_INVALID_PARAMETER if an option or environment variable is missing or invalid; the message names it.
 */
devcred_status devcred_client_new(const devcred_options *options,
                                  devcred_client **client,
                                  devcred_error **error);

/*
 Replaces the AccessKey of a client: id, secret and security token (NULL for none) together. Attempts that begin afterwards
 use it. If an attempt was refused for its token meanwhile, it is made once more.

 The strings are copied. Any thread may call it. `error` may be NULL; otherwise the caller owns `*error`, which is NULL if there
 is no error.

 Fails with DEVCRED_INVALID_PARAMETER if the key is invalid; the client keeps the old one.
 */
devcred_status devcred_client_set_access_key(const devcred_client *client,
                                             const char *access_key_id,
                                             const char *access_key_secret,
                                             const char *security_token,
                                             devcred_error **error);

/*
 Fetches the credential of a device and blocks until the call has ended. Each success is billed as one messaging TPS, so
 store the credential.

 `instance_id` may be NULL for the client's. `timeout_ms` is 1 to 86,400,000 milliseconds, or DEVCRED_CLIENT_TIMEOUT. If the
 status is DEVCRED_OK, the caller owns `*credential`; otherwise it is NULL. `error` may be NULL; otherwise the caller owns
 `*error`, which is NULL if there is no error.

 Any number of threads may call it at once. Inside a callback of the library it fails with DEVCRED_INVALID_PARAMETER.
 */
devcred_status devcred_get_device_credential(const devcred_client *client,
                                             const char *client_id,
                                             const char *instance_id,
                                             int64_t timeout_ms,
                                             devcred_credential **credential,
                                             devcred_error **error);

/*
 Closes a client. Running calls end soon and later calls end immediately, both with DEVCRED_INVALID_PARAMETER. When this returns,
 no completion callback of its calls and no log function is running or will be called, unless a call is started afterwards:
 the data that they use may be freed and their code unloaded.

 It blocks while a callback runs, so the caller must not hold a lock that a callback takes. A client may be closed any number of
 times, by several threads at once; each of them waits. The handle must still be freed.

 Fails with DEVCRED_INVALID_PARAMETER, and closes nothing, for NULL and inside a callback of the library, which would wait for
 itself.
 */
devcred_status devcred_client_close(const devcred_client *client);

/*
 Frees a client. NULL is ignored. Calls that were started continue and complete; devcred_client_close ends them.

 No thread may use the handle afterwards.
 */
void devcred_client_free(devcred_client *client);

/*
 Starts to fetch the credential of a device, and returns immediately.

 If the status is DEVCRED_OK, `completion` is called exactly once, possibly before this function returns; otherwise never. It
 receives `user_data`, on a thread of the library. If `completion` is NULL, devcred_call_wait returns the outcome.

 `instance_id` may be NULL for the client's. `timeout_ms` is 1 to 86,400,000 milliseconds, or DEVCRED_CLIENT_TIMEOUT. `call` may
 be NULL if there is a `completion`; otherwise the caller owns `*call`, which is NULL if the status is not DEVCRED_OK. It is
 written before `completion` is called, which may free it. `error` may be NULL; otherwise the caller owns `*error`, which is
 NULL if there is no error. Any thread may call it, callbacks too. The client must not be freed before this returns.
 */
devcred_status devcred_get_device_credential_start(const devcred_client *client,
                                                   const char *client_id,
                                                   const char *instance_id,
                                                   int64_t timeout_ms,
                                                   devcred_completion completion,
                                                   void *user_data,
                                                   devcred_call **call,
                                                   devcred_error **error);

/*
 Blocks until a call that was started without a callback has ended, and returns its outcome, once.

 If the status is DEVCRED_OK, the caller owns `*credential`; otherwise it is NULL. `error` may be NULL; otherwise the caller owns
 `*error`, which is NULL if there is no error.

 Fails with DEVCRED_INVALID_PARAMETER, without waiting, for a call that has a callback, the second time, inside a callback of the
 library, and in a process that was forked after the call was started.
 */
devcred_status devcred_call_wait(const devcred_call *call,
                                 devcred_credential **credential,
                                 devcred_error **error);

/*
 Cancels a call: it completes with DEVCRED_CANCELLED, unless it has already completed. Any thread may call it, callbacks too, but
 not a signal handler: it is not async-signal-safe.

 Fails with DEVCRED_INVALID_PARAMETER for NULL, and in a process that was forked after the call was started.
 */
devcred_status devcred_call_cancel(const devcred_call *call);

/*
 Frees the handle of a call. NULL is ignored. The call itself continues, and its callback is still called.

 No thread may use the handle, or wait for the call, afterwards.
 */
void devcred_call_free(devcred_call *call);

/*
 Returns the device's MQTT client id, which is also CONNECT's client identifier.

 Valid until the credential is freed. Returns NULL for NULL.
 */
const char *devcred_credential_client_id(const devcred_credential *credential);

/*
 Returns the instance that the device belongs to.

 Valid until the credential is freed. Returns NULL for NULL.
 */
const char *devcred_credential_instance_id(const devcred_credential *credential);

/*
 Returns the id of the device's AccessKey.

 Valid until the credential is freed. Returns NULL for NULL.
 */
const char *devcred_credential_device_access_key_id(const devcred_credential *credential);

/*
 Returns the secret of the device's AccessKey, which signs its MQTT passwords. Do not log it.

 Valid until the credential is freed. Returns NULL for NULL.
 */
const char *devcred_credential_device_access_key_secret(const devcred_credential *credential);

/*
 Returns when the credential was created, in milliseconds since 1970-01-01 UTC.

 Returns 0 for NULL.
 */
int64_t devcred_credential_create_time_ms(const devcred_credential *credential);

/*
 Returns when the credential was last changed, in milliseconds since 1970-01-01 UTC.

 Returns 0 for NULL.
 */
int64_t devcred_credential_update_time_ms(const devcred_credential *credential);

/*
 Returns the service's id of the request, which its support needs; empty if it sent none.

 Valid until the credential is freed. Returns NULL for NULL.
 */
const char *devcred_credential_request_id(const devcred_credential *credential);

/*
 Returns CONNECT's user name: DeviceCredential|<DeviceAccessKeyId>|<InstanceId>.

 Valid until the credential is freed. Returns NULL for NULL.
 */
const char *devcred_credential_mqtt_username(const devcred_credential *credential);

/*
 Returns CONNECT's password: base64(HMAC-SHA1(device's secret, client id)). Do not log it.

 Valid until the credential is freed. Returns NULL for NULL.
 */
const char *devcred_credential_mqtt_password(const devcred_credential *credential);

/*
 Returns the credential as text for logs, without its secrets.

 Valid until the credential is freed. Returns NULL for NULL.
 */
const char *devcred_credential_text(const devcred_credential *credential);

/*
 Frees a credential and its strings, and wipes its secrets. NULL is ignored. Any thread may free it, once.
 */
void devcred_credential_free(devcred_credential *credential);

/*
 Returns the status that the function returned with this error, never DEVCRED_OK. devcred_status_name returns its name.

 Returns DEVCRED_INTERNAL for NULL.
 */
devcred_status devcred_error_status(const devcred_error *error);

/*
 Returns the complete error as text, with the advice on a second line: "NotFound: message (Code, request id ...)".

 Valid until the error is freed. Returns NULL for NULL.
 */
const char *devcred_error_text(const devcred_error *error);

/*
 Returns what happened, in one line.

 Valid until the error is freed. Returns NULL for NULL.
 */
const char *devcred_error_message(const devcred_error *error);

/*
 Returns the service's code, verbatim; NULL if it sent none.

 Valid until the error is freed. Returns NULL for NULL.
 */
const char *devcred_error_code(const devcred_error *error);

/*
 Returns the HTTP status; 0 if there was no response.

 Returns 0 for NULL.
 */
int32_t devcred_error_http_status(const devcred_error *error);

/*
 Returns the service's id of the request, which its support needs; NULL if there is none.

 Valid until the error is freed. Returns NULL for NULL.
 */
const char *devcred_error_request_id(const devcred_error *error);

/*
 Returns whether the same call may succeed if it is made again.

 Returns false for NULL.
 */
bool devcred_error_retryable(const devcred_error *error);

/*
 Returns the number of attempts; 0 if the call was refused before anything was sent.

 Returns 0 for NULL.
 */
uint32_t devcred_error_attempts(const devcred_error *error);

/*
 Returns the service's page about its code; NULL if there is none.

 Valid until the error is freed. Returns NULL for NULL.
 */
const char *devcred_error_help_url(const devcred_error *error);

/*
 Returns one or two sentences on what to do; NULL if unknown.

 Valid until the error is freed. Returns NULL for NULL.
 */
const char *devcred_error_advice(const devcred_error *error);

/*
 Frees an error and its strings. NULL is ignored. Any thread may free it, once.
 */
void devcred_error_free(devcred_error *error);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* DEVCRED_H */
