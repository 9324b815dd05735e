internal import CKernels
import Tensors

// Rows of a volume, one after the other: `width × channels` values that lie without a gap whatever
// the halo.
extension ActivationLayout {
  /// Values of a row, without its halo.
  package var rowValues: Int { extent.width * channels }

  /// Rows of one clip.
  package var rows: Int { extent.depth * extent.height }

  /// Elements from a clip's start to the first value of a row, halo included.
  package func offset(ofRow row: Int) -> Int {
    let (depth, height) = (row / extent.height, row % extent.height)
    return (depth + halo.depth) * planeCount + (height + halo.height) * rowCount
      + halo.width * channels
  }

  /// Writes a row of floats, rounded where the layout holds bf16.
  package func storeRow(
    _ values: UnsafePointer<Float>, depth: Int, height: Int, in sample: UnsafeMutableRawPointer
  ) {
    let place = sample + offset(ofRow: depth * extent.height + height) * element.bytes
    switch element {
    case .fp32:
      place.assumingMemoryBound(to: Float.self).update(from: values, count: rowValues)
    case .bf16: vc_to_bf16(values, place.assumingMemoryBound(to: UInt16.self), rowValues)
    }
  }
}
