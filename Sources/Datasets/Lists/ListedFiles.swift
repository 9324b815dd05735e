import FileStore
import Foundation
import VideoDecoding

/// Finds the files that a list names: as they are written, with the separators of Windows, or
/// without the suffix.
struct ListedFiles {
  private let listPath: String
  private let folder: String
  /// Whether a file that is not where the list says is looked for beside the list, and then from the
  /// folder in which the program runs.
  private let looksBeside: Bool
  /// Whether it is looked for from there, under the whole path.
  private let looksHere: Bool
  /// Media files by their name without the suffix, for each folder that was looked into.
  private var stems: [String: [String: [String]]] = [:]

  init(listPath: String, looksBeside: Bool = false, looksHere: Bool = false) {
    self.listPath = listPath
    self.looksBeside = looksBeside
    self.looksHere = looksHere
    if let slash = listPath.utf8.lastIndex(of: UInt8(ascii: "/")) {
      folder = slash == listPath.startIndex ? "/" : String(listPath[..<slash])
    } else {
      folder = "."
    }
  }

  /// The path to open for a listed path.
  func file(for path: String) -> String {
    path.hasPrefix("/") ? path : (folder == "." ? path : "\(folder)/\(path)")
  }

  /// The path of an existing file that `listed` names, relative to the list, or nil.
  ///
  /// - Throws: `DatasetError` when a name without a suffix stands for several files.
  mutating func path(for listed: String, line: Int) throws(DatasetError) -> String? {
    if exists(listed) { return listed }
    let spelled = String(listed.map { $0 == "\\" ? "/" : $0 })
    if spelled != listed, exists(spelled) { return spelled }
    let found = media(withStem: spelled)
    if found.isEmpty, looksBeside, let slash = spelled.lastIndex(of: "/") {
      return try path(for: String(spelled[spelled.index(after: slash)...]), line: line)
        ?? seenFromHere(spelled)
    }
    if found.isEmpty, looksHere { return seenFromHere(spelled) }
    guard found.count > 1 else { return found.first }
    throw DatasetError(
      .format, path: listPath,
      "line \(line): \"\(listed)\" may be \(found.joined(separator: " or ")); name one with its suffix"
    )
  }

  /// The path of a file that `label movies/ -o exports/events.tsv` names as seen from where it ran.
  ///
  /// Relative to the list where that leads to the same file, so that a data set is the same wherever it
  /// lies.
  private func seenFromHere(_ path: String) -> String? {
    guard !path.hasPrefix("/"), access(path, F_OK) == 0 else { return nil }
    let steps = folder.split(separator: "/").filter { $0 != "." }
    let climbing = String(repeating: "../", count: steps.count) + path
    let real = realPath(path)
    if !folder.hasPrefix("/"), !steps.contains(".."), realPath(file(for: climbing)) == real {
      return climbing
    }
    return real
  }

  /// Without links and steps upwards; nil when there is no such file.
  private func realPath(_ path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(validatingCString: real)
  }

  /// Whether `listed` names a file in any of these ways.
  mutating func names(_ listed: String) -> Bool {
    (try? path(for: listed, line: 0)) != nil || media(withStem: listed).count > 1
  }

  private func exists(_ path: String) -> Bool { access(file(for: path), F_OK) == 0 }

  /// Movies in the folder of `path` whose name without the suffix is its last part.
  private mutating func media(withStem path: String) -> [String] {
    guard !MediaKind.isVideo(path) else { return [] }
    let slash = path.lastIndex(of: "/")
    let prefix = slash.map { String(path[...$0]) } ?? ""
    let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
    guard !name.isEmpty else { return [] }
    if stems[prefix] == nil {
      let listing = try? Listing(folder: prefix.isEmpty ? folder : file(for: prefix))
      let movies = (listing?.files ?? []).filter { MediaKind.isVideo($0) }
      stems[prefix] = Dictionary(grouping: movies) { String($0[..<$0.lastIndex(of: ".")!]) }
    }
    return stems[prefix]?[name]?.map { prefix + $0 } ?? []
  }
}
