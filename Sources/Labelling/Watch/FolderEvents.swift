import Foundation

/// Wakes up early when something happens in folders, where the system tells (inotify); otherwise, and
/// on network drives, only by the clock.
final class FolderEvents {
  private let descriptor: Int32

  init() {
    descriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Writing itself wakes nobody: a file that grows would do so all the time.
  private static let events = UInt32(
    IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_CLOSE_WRITE | IN_DELETE | IN_DELETE_SELF)

  /// Listens to these folders as well; asking again does no harm.
  func watch(_ folders: [MediaPath]) {
    guard descriptor >= 0 else { return }
    for folder in folders {
      // A folder that was removed and made again is another one under the same name.
      _ = folder.withCPath { inotify_add_watch(descriptor, $0, FolderEvents.events) }
    }
  }

  /// Waits for an event, or so many seconds, or until `shouldStop` says so.
  func wait(seconds: Double, shouldStop: () -> Bool) {
    let until = LiveClock.now() + seconds
    while !shouldStop() {
      let left = until - LiveClock.now()
      guard left > 0 else { return }
      let milliseconds = Int32(min(left, 0.2) * 1000) + 1  // checked: at most 201
      guard descriptor >= 0 else {
        usleep(UInt32(milliseconds) * 1000)
        continue
      }
      var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      if poll(&entry, 1, milliseconds) > 0 {
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        while read(descriptor, &buffer, buffer.count) > 0 {}
        return
      }
    }
  }
}
