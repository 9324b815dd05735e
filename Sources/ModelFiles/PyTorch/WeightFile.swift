import FileStore

/// A file of weights that is read at places: nothing of it is held but what is asked for, and
/// nothing is allocated for bytes that it does not have.
final class WeightFile {
  let path: String
  /// Bytes the file had when it was opened.
  let size: Int
  private let reader: FileReader

  init(_ path: String) throws(ModelFileError) {
    do throws(FileStoreError) {
      reader = try FileReader(path)
    } catch {
      throw ModelFileError(error)
    }
    self.path = path
    size = reader.size
  }

  /// Fills `buffer` from `offset` on.
  func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(ModelFileError) {
    let done: Int
    do throws(FileStoreError) {
      done = try reader.read(into: buffer, at: offset)
    } catch {
      throw ModelFileError(error)
    }
    if done < buffer.count {
      throw error(.truncated, "became shorter while it was read; try again")
    }
  }

  /// `count` bytes from `offset` on, all of which the file must have.
  func bytes(_ count: Int, at offset: Int) throws(ModelFileError) -> [UInt8] {
    precondition(count >= 0 && offset >= 0 && count <= size - offset)
    return try WeightFile.filled(count) { (buffer) throws(ModelFileError) in
      try read(into: buffer, at: offset)
    }
  }

  /// Bytes that `fill` writes in place.
  static func filled(
    _ count: Int, _ fill: (UnsafeMutableRawBufferPointer) throws(ModelFileError) -> Void
  ) throws(ModelFileError) -> [UInt8] {
    var failure: ModelFileError?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      do throws(ModelFileError) {
        try fill(
          UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count]))
        filled = count
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// SHA-256 of the whole file.
  func digest() throws(ModelFileError) -> String {
    var hash = SHA256()
    var position = 0
    while position < size {
      let piece = try bytes(min(1 << 18, size - position), at: position)
      hash.update(piece)
      position += piece.count
    }
    return hash.finish()
  }

  /// An error that begins with the path.
  func error(_ code: ModelFileError.Code, _ detail: String) -> ModelFileError {
    ModelFileError(code, path: path, detail)
  }
}

/// A range of a file, read from front to back through a small buffer.
struct WeightFileCursor {
  private static let bufferSize = 1 << 16

  let file: WeightFile
  private(set) var position: Int
  let end: Int
  private var buffer: [UInt8] = []
  private var bufferStart = 0

  /// - Parameter range: within the file.
  init(_ file: WeightFile, _ range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= file.size)
    self.file = file
    position = range.lowerBound
    end = range.upperBound
  }

  var left: Int { end - position }

  /// The next byte; nil at the end.
  mutating func next() throws(ModelFileError) -> UInt8? {
    if position == end { return nil }
    if position >= bufferStart + buffer.count {
      bufferStart = position
      buffer = try file.bytes(min(WeightFileCursor.bufferSize, left), at: position)
    }
    position += 1
    return buffer[position - 1 - bufferStart]
  }

  /// The next `count` bytes, of which there must be so many.
  mutating func take(_ count: Int) throws(ModelFileError) -> [UInt8] {
    precondition(count >= 0 && count <= left)
    if position >= bufferStart, position + count <= bufferStart + buffer.count {
      let start = position - bufferStart
      position += count
      return Array(buffer[start..<start + count])
    }
    if count < WeightFileCursor.bufferSize {
      bufferStart = position
      buffer = try file.bytes(min(WeightFileCursor.bufferSize, left), at: position)
      position += count
      return Array(buffer[..<count])
    }
    let bytes = try file.bytes(count, at: position)
    bufferStart = end
    buffer = []
    position += count
    return bytes
  }

  /// Passes over the next `count` bytes, of which there must be so many.
  mutating func skip(_ count: Int) {
    precondition(count >= 0 && count <= left)
    if position + count > bufferStart + buffer.count {
      bufferStart = end
      buffer = []
    }
    position += count
  }
}
