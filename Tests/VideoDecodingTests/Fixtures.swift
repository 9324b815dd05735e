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
  static func reference(
    _ path: String, stream: Int, filter: String, pixelFormat: String
  ) -> [UInt8] {
    let flags = "bilinear+accurate_rnd+full_chroma_int+bitexact"
    let result = run(
      "/usr/bin/env",
      [
        "ffmpeg", "-nostdin", "-v", "quiet", "-threads", "1", "-i", path, "-map", "0:\(stream)",
        "-fps_mode", "passthrough", "-vf", "scale=\(filter):flags=\(flags),format=\(pixelFormat)",
        "-f", "rawvideo", "-",
      ])
    return result.output
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
