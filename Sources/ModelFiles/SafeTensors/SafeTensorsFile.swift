import FileStore

/// A safetensors file whose header is checked, and whose tensors are read one after the other, each
/// straight to where it belongs: no value is held twice.
///
/// See Note [Trust]. Not thread-safe.
package final class SafeTensorsFile {
  /// What the header says of a tensor.
  package struct Entry: Sendable {
    package let name: String
    package let type: SafeTensors.ElementType
    package let shape: [Int]
    /// Where it begins in the file.
    fileprivate let offset: Int
    /// Of its bytes.
    package let size: Int
  }

  package let path: String
  package let metadata: [String: String]
  /// In the order of their bytes, which is that of reading.
  package let entries: [Entry]
  /// Bytes of all tensors.
  package var byteCount: Int { entries.reduce(0) { $0 + $1.size } }
  private let positions: [String: Int]
  private let reader: FileReader
  private var hash = SHA256()

  /// Bytes that are read at once, so that they are hashed and checked while in the cache.
  private static let piece = 1 << 20

  /// Opens a file and checks its header, and that its tensors tile the rest.
  package init(_ path: String) throws(ModelFileError) {
    do {
      var reader = try FileReader(path)
      let start = try reader.read(8)
      let length = try SafeTensors.headerLength(start, fileSize: reader.size, path: path)
      let header = try reader.read(length)
      let (infos, metadata) = try SafeTensors.scanned(header, path)
      let begin = 8 + length
      let types = try SafeTensors.checked(infos, dataSize: reader.size - begin, path)
      entries = zip(infos, types).map { info, type in
        Entry(
          name: info.name, type: type, shape: info.shape, offset: begin + info.begin,
          size: info.end - info.begin)
      }
      positions = Dictionary(uniqueKeysWithValues: entries.enumerated().map { ($1.name, $0) })
      self.path = path
      self.metadata = metadata
      self.reader = reader
      hash.update(start)
      hash.update(header)
    } catch let error as ModelFileError {
      throw error
    } catch let error as FileStoreError {
      throw ModelFileError(error)
    } catch {
      preconditionFailure("reading throws only errors of files, not \(error)")
    }
  }

  /// The entry of this name; an error that names it and both types and shapes where it is missing or
  /// another.
  @discardableResult
  package func entry(
    _ name: String, type: SafeTensors.ElementType, shape: [Int]
  ) throws(ModelFileError) -> Entry {
    let found = positions[name].map { entries[$0] }
    try SafeTensors.requireMatch(
      name, type: type, shape: shape, found: found.map { ($0.type, $0.shape) }, in: path)
    return found!
  }

  /// The bytes of a tensor.
  package func read(_ entry: Entry) throws(ModelFileError) -> [UInt8] {
    var failure: ModelFileError?
    let bytes = [UInt8](unsafeUninitializedCapacity: entry.size) { buffer, filled in
      do throws(ModelFileError) {
        try fill(UnsafeMutableRawBufferPointer(buffer), from: entry)
        filled = entry.size
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Reads an F32 tensor into `buffer`, and requires that all of it is finite.
  package func read(
    _ entry: Entry, into buffer: UnsafeMutableBufferPointer<Float>
  ) throws(ModelFileError) {
    precondition(entry.type == .float32 && buffer.count * 4 == entry.size, entry.name)
    try fill(UnsafeMutableRawBufferPointer(buffer), from: entry)
    if let index = buffer.firstIndex(where: { !$0.isFinite }) {
      throw SafeTensors.nonFinite(entry.name, at: index, in: path)
    }
  }

  /// Of all bytes; to be asked for when all tensors were read, in their order.
  package func digest() -> String {
    var taken = SHA256()
    swap(&taken, &hash)
    return taken.finish()
  }

  private func fill(
    _ bytes: UnsafeMutableRawBufferPointer, from entry: Entry
  ) throws(ModelFileError) {
    var done = 0
    while done < bytes.count {
      let piece = UnsafeMutableRawBufferPointer(
        rebasing: bytes[done..<min(done + SafeTensorsFile.piece, bytes.count)])
      let count: Int
      do throws(FileStoreError) {
        count = try reader.read(into: piece, at: entry.offset + done)
      } catch {
        throw ModelFileError(error)
      }
      if count != piece.count {
        throw ModelFileError(
          .truncated, path: path, "became shorter while it was read; try again")
      }
      hash.update(UnsafeRawBufferPointer(piece))
      done += count
    }
  }
}
