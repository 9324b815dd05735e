import Foundation

/// What a program of this package did: its exit code and all it wrote.
public struct ProgramRun: Sendable {
  public let exitCode: Int32
  public let output: String
  public let errors: String

  /// The lines of standard error.
  public var errorLines: [Substring] { errors.split(separator: "\n") }

  /// Runs `name`, which the package manager has built beside the tests, to its end.
  ///
  /// - Parameters:
  ///   - folder: where it runs; the tests' own working folder when nil.
  ///   - output: a file for standard output, which is then not collected.
  ///   - environment: added to the tests' own.
  public init(
    _ name: String, _ arguments: [String], folder: String? = nil, output: String? = nil,
    environment: [String: String] = [:]
  ) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: ProgramRun.path(of: name))
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment
      .merging(environment) { _, added in added }
    if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
    process.standardInput = FileHandle.nullDevice

    // Files instead of pipes: a full pipe would block the program while nobody reads.
    let scratch = ScratchFolder()
    let outputPath = output ?? scratch("output")
    for path in [outputPath, scratch("errors")] where !FileManager.default.fileExists(atPath: path)
    {
      _ = FileManager.default.createFile(atPath: path, contents: nil)
    }
    process.standardOutput = FileHandle(forWritingAtPath: outputPath)
    process.standardError = FileHandle(forWritingAtPath: scratch("errors"))
    try process.run()
    process.waitUntilExit()
    exitCode =
      process.terminationReason == .exit
      ? process.terminationStatus : 128 + process.terminationStatus
    self.output = output == nil ? ProgramRun.text(of: outputPath) : ""
    errors = ProgramRun.text(of: scratch("errors"))
  }

  /// Where the package manager put the program `name`: in the folder of the running tests.
  public static func path(of name: String) -> String {
    let tests = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
    return tests.deletingLastPathComponent().appendingPathComponent(name).path
  }

  private static func text(of path: String) -> String {
    String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
  }
}

/// Files of the repository itself, found from where the tests were compiled.
public enum Repository {
  public static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path
}
