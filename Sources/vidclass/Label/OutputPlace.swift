import FileStore
import Foundation
import Labelling

/// Where results go.
struct LabelOutputPlan {
  enum Place {
    case standardOutput
    case file(String)
    /// A file for each movie.
    case movies(MovieFiles.Place)
  }

  var format: OutputFormat
  var place: Place
  var settings: RenderSettings

  /// Refuses what could not be written in the end.
  ///
  /// - Throws: `LabelError` where files of others are in the way, or movies out of reach.
  func check(_ jobs: [LabelJob]) throws(LabelError) {
    if format == .labelstudio {
      try LabelStudioFormat.requireInside(jobs.map(\.path), settings)
    }
    switch place {
    case .standardOutput: break
    case .movies(let place):
      try MovieFiles(of: jobs, format: format, place: place, settings: settings).requireOurs()
    case .file(let path):
      try OutputOrigin.requireUnchanged(path, format)
      if format == .labelstudio { try LabelStudioConfiguration.requireOurs(beside: path) }
    }
  }
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
