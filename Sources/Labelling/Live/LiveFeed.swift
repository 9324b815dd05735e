import Foundation

/// Where a stream comes from: opened, and opened again where that makes sense.
public protocol LiveFeed: Sendable {
  /// What messages and events call it.
  var name: String { get }
  /// Whether a stream that ends may come back.
  var comesBack: Bool { get }
  /// Connects.
  ///
  /// - Throws: what makes trying again pointless.
  func open() throws(LabelError) -> any LiveConnection
}

/// An open stream; whoever holds it last closes it.
public protocol LiveConnection: AnyObject {
  /// An open pipe or file.
  var descriptor: Int32 { get }
  /// Ends the stream from this side, so that its reader meets an end.
  func stop()
  /// What its other side had to say, once it has ended; nil for nothing.
  func complaint() -> String?
}

/// A pipe that another program writes to: standard input.
public struct PipeFeed: LiveFeed {
  /// What messages and events call it.
  public let name: String
  private let descriptor: Int32

  /// - Parameter descriptor: open as long as this is used.
  public init(descriptor: Int32 = STDIN_FILENO, name: String = "-") {
    self.descriptor = descriptor
    self.name = name
  }

  /// What was read is gone.
  public var comesBack: Bool { false }

  /// Throws where nothing can be followed there.
  public func open() throws(LabelError) -> any LiveConnection {
    var status = stat()
    let isOpen = fstat(descriptor, &status) == 0
    guard isOpen, isatty(descriptor) == 0 else {
      throw LabelError(
        .input,
        "nothing is piped in; for example: ffmpeg -i camera -c copy -f mpegts - | "
          + "vidclass label `follow` -")
    }
    let isReadOnly = fcntl(descriptor, F_GETFL) & O_ACCMODE == O_RDONLY
    switch status.st_mode & S_IFMT {
    case S_IFIFO where isReadOnly, S_IFREG where isReadOnly:
      return Connection(descriptor: descriptor, isOwner: false)
    // What can be written to as well is no decoder process's business.
    case S_IFSOCK, S_IFIFO, S_IFREG: return try PumpedConnection(from: descriptor)
    default:
      throw LabelError(.input, "standard input is no pipe and no file; pipe a stream into it")
    }
  }
}

/// A file that another program still writes.
public struct FileFeed: LiveFeed {
  /// Its path as it was given.
  public let name: String
  private let path: MediaPath

  /// - Parameter path: of a regular file or a named pipe.
  public init(path: MediaPath) {
    self.path = path
    name = path.text
  }

  /// A file that no longer grows is complete.
  public var comesBack: Bool { false }

  /// Throws where there is no file or it may not be read.
  public func open() throws(LabelError) -> any LiveConnection {
    let descriptor = path.withCPath { Glibc.open($0, O_RDONLY | O_CLOEXEC | O_NOCTTY) }
    guard descriptor >= 0 else {
      let reason = String(cString: strerror(errno))
      throw LabelError(
        .input,
        "\(name): cannot be followed (\(reason)); give a file, an address such as rtsp://…, "
          + "or - for standard input")
    }
    let connection = Connection(descriptor: descriptor, isOwner: true)
    var status = stat()
    guard fstat(descriptor, &status) == 0, [S_IFREG, S_IFIFO].contains(status.st_mode & S_IFMT)
    else {
      throw LabelError(.input, "\(name): is neither a file nor a pipe and cannot be followed")
    }
    return connection
  }
}

/// A descriptor and nothing behind it.
final class Connection: LiveConnection {
  let descriptor: Int32
  private let isOwner: Bool

  init(descriptor: Int32, isOwner: Bool) {
    self.descriptor = descriptor
    self.isOwner = isOwner
  }

  deinit { if isOwner { close(descriptor) } }

  func stop() {}
  func complaint() -> String? { nil }
}

/// What comes out of a socket, in a pipe that can only be read.
final class PumpedConnection: LiveConnection {
  let descriptor: Int32

  init(from socket: Int32) throws(LabelError) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else {
      let reason = String(cString: strerror(errno))
      throw LabelError(.input, "standard input: no pipe can be made: \(reason)")
    }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    descriptor = ends[0]
    let target = ends[1]
    let thread = Thread {
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      while true {
        let got = read(socket, &buffer, buffer.count)
        if got < 0 && errno == EINTR { continue }
        var done = 0
        while done < got {
          let wrote = buffer.withUnsafeBytes { write(target, $0.baseAddress! + done, got - done) }
          if wrote < 0 && errno == EINTR { continue }
          if wrote <= 0 { break }
          done += wrote
        }
        if got <= 0 || done < got { break }
      }
      close(target)
    }
    thread.start()
  }

  deinit { close(descriptor) }

  func stop() {}
  func complaint() -> String? { nil }
}
