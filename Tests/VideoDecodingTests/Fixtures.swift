import Foundation
import Testing

/// The videos of `Tests/Fixtures/make-videos.sh`, made once for the process, and the ffmpeg tool.
enum Fixtures {
  /// Folder of the videos.
  static let folder: String = {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("vidclass-videos-\(getpid())").path
    try! FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    atexit { try? FileManager.default.removeItem(atPath: Fixtures.folder) }
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Fixtures/make-videos.sh").path
    let result = run("/bin/sh", [script, folder])
    precondition(result.status == 0, "make-videos.sh failed: \(result.errors)")
    return folder
  }()

  static func path(_ name: String) -> String { folder + "/" + name }

  /// Frames of `stream` as the ffmpeg tool shows them: raw pixels of all frames.
  /// - Parameters:
  ///   - isTurned: Whether the tool applies rotation.
  ///   - processor: What the tool may use of the processor, such as `sse2`; nil for all.
  static func reference(
    _ path: String, stream: Int, filter: String, pixelFormat: String, isTurned: Bool = true,
    processor: String? = nil
  ) -> [UInt8] {
    let flags = "bilinear+accurate_rnd+full_chroma_int+bitexact"
    var arguments = ["ffmpeg", "-nostdin", "-v", "quiet"]
    if let processor { arguments += ["-cpuflags", processor] }
    arguments += ["-threads", "1"]
    if !isTurned { arguments.append("-noautorotate") }
    arguments += [
      // A name is never a protocol's.
      "-i", "file:" + path, "-map", "0:\(stream)", "-fps_mode", "passthrough", "-vf",
      "scale=\(filter):flags=\(flags),format=\(pixelFormat)", "-f", "rawvideo", "-",
    ]
    return run("/usr/bin/env", arguments).output
  }

  /// Seconds of each frame from the first one on, as the ffprobe tool tells.
  static func probedTimes(_ path: String, stream: Int) -> [Double] {
    let result = run(
      "/usr/bin/env",
      [
        "ffprobe", "-v", "quiet", "-select_streams", "\(stream)", "-show_entries",
        "frame=best_effort_timestamp_time", "-of", "csv=p=0", "file:" + path,
      ])
    let times = String(decoding: result.output, as: UTF8.self).split(separator: "\n").map {
      Double($0.prefix { $0 != "," }) ?? .nan
    }
    return times.map { $0 - (times.first ?? 0) }
  }

  static func bytes(_ name: String) throws -> [UInt8] {
    try [UInt8](Data(contentsOf: URL(fileURLWithPath: path(name))))
  }

  /// Writes a file beside the fixtures.
  /// - Returns: Its path.
  static func write(_ bytes: [UInt8], to name: String) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: path(name)))
    return path(name)
  }

  /// Runs a program and waits for it.
  static func run(
    _ program: String, _ arguments: [String]
  ) -> (status: Int32, output: [UInt8], errors: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    let output = Pipe()
    let errorFile = FileManager.default.temporaryDirectory
      .appendingPathComponent("vidclass-\(getpid())-\(UUID().uuidString)")
    _ = FileManager.default.createFile(atPath: errorFile.path, contents: nil)
    defer { try? FileManager.default.removeItem(at: errorFile) }
    process.standardOutput = output
    process.standardError = try! FileHandle(forWritingTo: errorFile)
    try! process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let errors = (try? String(contentsOf: errorFile, encoding: .utf8)) ?? ""
    return (process.terminationStatus, [UInt8](data), errors)
  }
}
