import FileStore
import Labelling

/// Small inputs that may come through a pipe.
enum InputFile {
  /// Bytes of a list of paths: more than a million movies take.
  private static let most = 1 << 28

  /// Bytes of a path: far more than a system opens.
  private static let longestPath = 1 << 16

  /// The paths in the file at `path`, in standard input for `-`.
  static func paths(
    in path: String, separator: PathList.Separator = .line
  ) throws -> [MediaPath] {
    let bytes =
      path == "-"
      ? try PipedFile.readStandardInput(maximumBytes: most)
      : try PipedFile.read(path, maximumBytes: most)
    let paths = PathList.parse(bytes, separator: separator)
    if let long = paths.firstIndex(where: { $0.bytes.count > longestPath }) {
      throw LabelError(
        .input,
        "\(path): path \(long + 1) has more than \(longestPath) bytes; is it a list of paths?")
    }
    return paths
  }
}
