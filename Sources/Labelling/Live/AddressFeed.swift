import FileStore
import Foundation

/// A stream on a network, fetched by a child `ffmpeg`: only that talks to the network, and what it
/// fetches is passed on as it is, undecoded, through a pipe.
public struct AddressFeed: LiveFeed {
  /// The address without user and password.
  public let name: String
  private let address: String
  private let program: String

  /// - Parameter address: such as `rtsp://camera/stream`.
  /// - Throws: `LabelError` where there is no `ffmpeg`.
  public init(address: String, searchPath: String?) throws(LabelError) {
    guard let program = ProgramSearch.find("ffmpeg", in: searchPath) else {
      throw LabelError(
        .input,
        "\(AddressFeed.hidingSecrets(address)): is fetched by the program ffmpeg, which is not "
          + "installed; install it (apt-get install ffmpeg), or pipe the stream into `follow` -")
    }
    self.address = address
    self.program = program
    name = AddressFeed.hidingSecrets(address)
  }

  /// Whether a source is an address and no path.
  public static func isAddress(_ text: String) -> Bool {
    guard let range = text.range(of: "://") else { return false }
    let scheme = text[..<range.lowerBound]
    return scheme.first?.isLetter == true && scheme.utf8.count < 16
      && scheme.utf8.allSatisfy {
        (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || "+-.".utf8.contains($0)
      }
  }

  /// Cameras and networks come back.
  public var comesBack: Bool { true }

  /// What the child may open; a playlist from outside must not name files of this machine.
  private static let protocols =
    "crypto,data,http,https,httpproxy,mmsh,mmst,rist,rtmp,rtmpe,rtmps,rtmpt,rtmpts,rtp,rtsp,sctp,"
    + "srt,srtp,tcp,tls,udp,udplite"

  /// Arguments of the child: the video as it is, in Matroska whose clusters do not wait to be full.
  static func arguments(address: String) -> [String] {
    var arguments = ["-nostdin", "-hide_banner", "-loglevel", "error"]
    arguments += ["-protocol_whitelist", protocols]
    // Over UDP pictures arrive torn; a camera that cannot do better says so.
    if address.lowercased().hasPrefix("rtsp") { arguments += ["-rtsp_transport", "tcp"] }
    arguments += ["-fflags", "+genpts", "-i", address, "-map", "0:v:0", "-c", "copy"]
    arguments += ["-f", "matroska", "-live", "1", "-cluster_time_limit", "100"]
    return arguments + ["-flush_packets", "1", "pipe:1"]
  }

  /// Starts the child.
  public func open() throws(LabelError) -> any LiveConnection {
    try ChildConnection(
      program: program, arguments: AddressFeed.arguments(address: address), name: name,
      secret: address)
  }

  static func hidingSecrets(_ address: String) -> String {
    guard let scheme = address.range(of: "://") else { return address }
    let rest = address[scheme.upperBound...]
    let host = rest.prefix { $0 != "/" && $0 != "?" }
    guard let at = host.lastIndex(of: "@") else { return address }
    return address[..<scheme.upperBound] + "…" + rest[at...]
  }
}

/// Finds programs as a shell does.
enum ProgramSearch {
  /// The path of a program; nil where there is none of that name.
  ///
  /// - Parameter folders: separated by colons; nil for the usual ones.
  static func find(_ name: String, in folders: String?) -> String? {
    if name.contains("/") { return isProgram(name) ? name : nil }
    return (folders ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
      .map { PathText.join(String($0), name) }.first(where: isProgram)
  }

  private static func isProgram(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
      && access(path, X_OK) == 0
  }
}

/// A child program and the pipe it writes to.
final class ChildConnection: LiveConnection {
  let descriptor: Int32
  private let process: Process
  private let output = Pipe()
  private let errors = Pipe()
  private let complaints: LastLine

  init(
    program: String, arguments: [String], name: String, secret: String
  ) throws(LabelError) {
    process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = errors
    descriptor = output.fileHandleForReading.fileDescriptor
    complaints = LastLine(hiding: secret, behind: name)
    do { try process.run() } catch {
      throw LabelError(
        .input, "\(name): \(program) does not start: \(error.localizedDescription)", cause: error)
    }
    complaints.collect(from: errors.fileHandleForReading)
  }

  deinit { stop() }

  func stop() {
    guard process.isRunning else { return }
    // It may hang in a connection: nothing of it is worth waiting for.
    process.endWithChildren(patience: 1)
  }

  func complaint() -> String? {
    for _ in 0..<50 where process.isRunning { usleep(20_000) }
    return complaints.line
  }
}

// @unchecked: the text is touched under `lock` only.
/// The last line of what somebody complains of, however much that is.
private final class LastLine: @unchecked Sendable {
  private let lock = NSLock()
  private var text = ""
  private let secret: String
  private let name: String

  init(hiding secret: String, behind name: String) {
    self.secret = secret
    self.name = name
  }

  var line: String? {
    let last = lock.withLock { text }.split(separator: "\n").last
    return last.map { String($0.suffix(300)).replacingOccurrences(of: secret, with: name) }
  }

  func collect(from handle: FileHandle) {
    let thread = Thread { [self] in
      while true {
        let data = handle.availableData
        if data.isEmpty { return }
        lock.withLock { text = String((text + String(decoding: data, as: UTF8.self)).suffix(2000)) }
      }
    }
    thread.start()
  }
}
