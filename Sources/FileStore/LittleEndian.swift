/// A little-endian number from the first bytes of these, at most eight.
package func littleEndian(_ bytes: some Sequence<UInt8>) -> UInt64 {
  var value: UInt64 = 0
  var shift: UInt64 = 0
  for byte in bytes {
    value |= UInt64(byte) << shift
    shift += 8
  }
  return value
}
