// A program that does nothing but to start as every program does that has a task and a date.
import Foundation

_ = await Task { Date() }.value
