import FileStore
import Foundation
import Labelling

/// Where results go.
struct LabelOutputPlan {
  enum Place {
    case standardOutput
    case file(String)
    /// The review page is all that was asked for.
    case nowhere
    /// A file for each movie.
    case folder(String)
  }

  var format: OutputFormat
  var place: Place
}

/// Finds out before hours of work that their result could not be written.
enum OutputPlace {
  static func requireWritable(folder: String) throws(LabelError) {
    guard access(folder, W_OK | X_OK) != 0 else { return }
    throw refusal(folder)
  }

  /// For a new file its folder, for an old one or a device the file itself.
  static func requireWritable(file: String) throws(LabelError) {
    if access(file, F_OK) == 0 {
      if access(file, W_OK) != 0 { throw refusal(file) }
    } else if access(PathText.folder(of: file), W_OK | X_OK) != 0 {
      throw refusal(file)
    }
  }

  private static func refusal(_ path: String) -> LabelError {
    let reason = String(cString: strerror(errno))
    return LabelError(
      .output, "\(path): cannot be written (\(reason)); change permissions or choose another -o")
  }
}
