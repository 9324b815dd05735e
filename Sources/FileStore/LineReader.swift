/// The lines of a regular file one after another, through one buffer, none longer than allowed.
public struct LineReader: ~Copyable {
  private var file: FileReader
  private let longest: Int
  private var piece: [UInt8] = []
  private var position = 0
  /// Bytes of the file that are still to be read.
  private var left: Int
  /// Of the line read last, from 1.
  public private(set) var number = 0

  /// - Parameters:
  ///   - longest: bytes of a line; more is an error.
  ///   - bytes: how much of the file is read at most.
  public init(_ path: String, longest: Int, bytes: Int = .max) throws(FileStoreError) {
    file = try FileReader(path)
    self.longest = longest
    left = bytes
  }

  /// The next line without its newline; the last of a file needs none. Nil at the end.
  public mutating func next() throws(FileStoreError) -> [UInt8]? {
    var line: [UInt8] = []
    var isBegun = false
    while true {
      if position == piece.count {
        piece = try file.read(min(left, 1 << 18))
        position = 0
        left -= piece.count
        if piece.isEmpty {
          number += isBegun ? 1 : 0
          return isBegun ? line : nil
        }
      }
      isBegun = true
      let rest = piece[position...]
      let newline = rest.firstIndex(of: UInt8(ascii: "\n"))
      line.append(contentsOf: rest[..<(newline ?? piece.count)])
      guard line.count <= longest else {
        throw FileStoreError(
          .tooLarge, path: file.path,
          "line \(number + 1) has more than the \(longest) bytes expected here; is it the right file?"
        )
      }
      if let newline {
        position = newline + 1
        number += 1
        return line
      }
      position = piece.count
    }
  }
}
