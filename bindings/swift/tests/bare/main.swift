// The baseline for `cold`: a program that starts the runtimes of Swift and Foundation.
import Foundation

_ = await Task { Date() }.value
