import Foundation
import Labelling
import Tensors
import VideoDecoding

/// What `--version --verbose` prints: the program and the libraries it found.
enum VersionReport {
  /// Whether the arguments ask for nothing else; the parser's own `--version` knows one line.
  static func isAsked(by arguments: some Sequence<String>) -> Bool {
    Set(arguments) == ["--version", "--verbose"]
  }

  static var text: String {
    """
    vidclass \(ProgramVersion.current)
    build: \(build)
    FFmpeg: \(DecoderLibraries.versions)
    BLAS: \(MatrixLibrary.description)
    SQLite: \(RecordDatabase.libraryVersion)
    kernels: \(InstructionSet.name)\(InstructionSet.multipliesBF16 ? ", products of bf16" : "")
    processors: \(Processors.available)

    """
  }

  private static var build: String {
    var parts = [architecture]
    #if DEBUG
      parts.append("debug")
    #else
      parts.append("release")
    #endif
    parts.append("Swift \(language)")
    return parts.joined(separator: ", ")
  }

  private static var architecture: String {
    #if arch(x86_64)
      "x86_64"
    #elseif arch(arm64)
      "arm64"
    #else
      "another architecture"
    #endif
  }

  private static var language: String {
    #if compiler(>=6.4)
      "6.4 or later"
    #elseif compiler(>=6.3)
      "6.3"
    #else
      "6.2"
    #endif
  }
}
