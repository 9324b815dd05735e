import FileStore
import Foundation

/// Puts labelled movies into folders named after their labels.
public struct LabelSorter: Sendable {
  /// How a movie gets into its folder.
  public enum Way: Sendable {
    /// A symbolic link to the movie where it is.
    case link
    /// The movie a second time.
    case copy
    /// The movie itself.
    case move
  }

  /// Holds a folder for each label.
  public let folder: MediaPath
  private let way: Way

  /// Nothing is made before `prepare()`.
  public init(folder: MediaPath, way: Way) {
    self.folder = folder
    self.way = way
  }

  /// Makes the folder, so that a place that cannot be written is known before the first movie.
  ///
  /// - Throws: `LabelError` with code `output` that names the folder.
  public func prepare() throws(LabelError) {
    do { try Folder.create(folder.text) } catch {
      throw LabelError(.output, error.description, cause: error)
    }
    guard access(folder.text, W_OK) == 0 else {
      throw LabelError(
        .output,
        "\(folder.text): cannot be written (\(String(cString: strerror(errno)))); "
          + "change its permissions or choose another folder")
    }
  }

  /// Puts the movie of `record` where it belongs; a record without a label stays where it is.
  ///
  /// Doing it again changes nothing: a link to the movie, or a copy of the same content, is left
  /// alone. Another movie of the same name gets a number: `a (2).mp4`.
  ///
  /// - Throws: `LabelError` with code `output` that names the movie and the place.
  public func place(_ record: LabelRecord) throws(LabelError) {
    guard let label = record.label else { return }
    let target = try makeFolder(for: label)
    let source = record.path.text
    let manager = FileManager.default
    guard record.path.isText else {
      throw LabelError(
        .output, "\(source): cannot be sorted because its name is not UTF-8; rename it first")
    }
    do {
      var number = 1
      while true {
        let place = target + "/" + name(of: record.path, number: number)
        if try isThere(record, place) { return }
        if (try? manager.attributesOfItem(atPath: place)) == nil, try put(record.path, at: place) {
          return
        }
        number += 1
      }
    } catch {
      throw LabelError(
        .output,
        "\(source): cannot be put into \(target): \(LabelSorter.reason(error)); "
          + "check permissions and space", cause: error)
    }
  }

  /// - Returns: false when there is something else at `place` by now.
  private func put(_ source: MediaPath, at place: String) throws -> Bool {
    let manager = FileManager.default
    switch way {
    case .link:
      let absolute = URL(fileURLWithPath: source.text).standardizedFileURL.path
      try manager.createSymbolicLink(atPath: place, withDestinationPath: absolute)
    case .copy: return try SortedCopy.make(of: source, at: place)
    case .move: try manager.moveItem(atPath: source.text, toPath: place)
    }
    return true
  }

  /// Whether what is at `place` is this movie: a link to it, or a copy of it.
  private func isThere(_ record: LabelRecord, _ place: String) throws -> Bool {
    guard let there = FileIdentity(MediaPath(place)) else { return false }
    guard let source = FileIdentity(record.path) else { return way == .move }
    if there.inode == source.inode && there.device == source.device { return true }
    return try way == .copy && SortedCopy.isSame(record.path, MediaPath(place))
  }

  private func name(of path: MediaPath, number: Int) -> String {
    let name = path.name.text
    if number == 1 { return name }
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else {
      return FileName.joining(name, " (\(number))")
    }
    return FileName.joining(String(name[..<dot]), " (\(number))\(name[dot...])")
  }

  /// The folder of a label such as `animal/fox`, made where it is missing.
  private func makeFolder(for label: String) throws(LabelError) -> String {
    let parts = label.split(separator: "/").map { part in
      // A label can come from any model file: none may lead out of the folder.
      part == "." || part == ".."
        ? "_" : FileName.joining(String(part).replacingOccurrences(of: "\0", with: "_"), "")
    }
    let target = ([folder.text] + parts).joined(separator: "/")
    do {
      try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
    } catch {
      throw LabelError(
        .output, "\(target): the folder cannot be made: \(LabelSorter.reason(error))", cause: error)
    }
    return target
  }

  private static func reason(_ error: any Error) -> String {
    if let error = error as? FileStoreError { return error.message }
    let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
    if let underlying, underlying.domain == NSPOSIXErrorDomain {
      return String(cString: strerror(Int32(underlying.code)))
    }
    return error.localizedDescription
  }
}
