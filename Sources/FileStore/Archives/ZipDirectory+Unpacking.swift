internal import CZlib

extension ZipDirectory.Entry {
  /// The bytes of the file, unpacked and held against size and checksum.
  ///
  /// Never makes more than `size` bytes, whatever the packed ones would become.
  ///
  /// - Parameter packed: the bytes of `range`.
  /// - Throws: `ZipFlaw`.
  package func unpacked(_ packed: [UInt8]) throws(ZipFlaw) -> [UInt8] {
    let bytes = method == 0 ? packed : try inflated(packed)
    let sum = bytes.withUnsafeBufferPointer { buffer in
      crc32_z(0, buffer.baseAddress, buffer.count)
    }
    guard bytes.count == size, UInt32(truncatingIfNeeded: sum) == checksum else {
      throw ZipFlaw(
        isTruncated: false, reason: "the entry \(PathText.brief(name, limit: 60)) is damaged")
    }
    return bytes
  }

  private func inflated(_ packed: [UInt8]) throws(ZipFlaw) -> [UInt8] {
    var stream = z_stream()
    // Negative: deflate alone, without zlib's own header.
    guard
      inflateInit2_(&stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { throw ZipFlaw(isTruncated: false, reason: "there is no memory to unpack it") }
    defer { inflateEnd(&stream) }
    var isWhole = false
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { output, count in
      packed.withUnsafeBufferPointer { input in
        // Never written to: zlib's field is older than `const`.
        stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        stream.avail_in = UInt32(clamping: input.count)
        stream.next_out = output.baseAddress
        stream.avail_out = UInt32(clamping: size)
        isWhole = inflate(&stream, Z_FINISH) == Z_STREAM_END
      }
      count = Int(stream.total_out)
    }
    guard isWhole, bytes.count == size else {
      throw ZipFlaw(
        isTruncated: false,
        reason: "the entry \(PathText.brief(name, limit: 60)) does not unpack to \(size) bytes")
    }
    return bytes
  }
}
