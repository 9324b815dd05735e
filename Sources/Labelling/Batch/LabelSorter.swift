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

  private let folder: MediaPath
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
  /// Doing it again changes nothing: a link or copy that is there already is left alone. Another
  /// movie of the same name gets a number: `a (2).mp4`.
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
        if isThere(record, place) { return }
        if (try? manager.attributesOfItem(atPath: place)) == nil {
          try put(source, at: place)
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

  private func put(_ source: String, at place: String) throws {
    let manager = FileManager.default
    switch way {
    case .link:
      let absolute = URL(fileURLWithPath: source).standardizedFileURL.path
      try manager.createSymbolicLink(atPath: place, withDestinationPath: absolute)
    case .copy:
      // Under another name until it is whole, so that an interrupted copy is never taken for one.
      let partial = place + ".part"
      try? manager.removeItem(atPath: partial)
      try manager.copyItem(atPath: source, toPath: partial)
      try manager.moveItem(atPath: partial, toPath: place)
    case .move: try manager.moveItem(atPath: source, toPath: place)
    }
  }

  /// Whether what is at `place` is this movie: a link to it, or a copy of its size.
  private func isThere(_ record: LabelRecord, _ place: String) -> Bool {
    guard let there = FileIdentity(media: MediaPath(place)) else { return false }
    guard let source = FileIdentity(media: record.path) else { return way == .move }
    if there.inode == source.inode && there.device == source.device { return true }
    return way == .copy && there.kind == source.kind && there.size == source.size
  }

  private func name(of path: MediaPath, number: Int) -> String {
    let name = path.name.text
    if number == 1 { return name }
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else {
      return "\(name) (\(number))"
    }
    return "\(name[..<dot]) (\(number))\(name[dot...])"
  }

  /// The folder of a label such as `animal/fox`, made where it is missing.
  private func makeFolder(for label: String) throws(LabelError) -> String {
    let parts = label.split(separator: "/").map { part in
      // A label can come from any model file: none may lead out of the folder.
      part == "." || part == ".." ? "_" : String(part)
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
    let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
    if let underlying, underlying.domain == NSPOSIXErrorDomain {
      return String(cString: strerror(Int32(underlying.code)))
    }
    return error.localizedDescription
  }
}
