import Foundation
import Tensors

/// Lays out every buffer of a step once, in one arena.
///
/// A buffer is asked for with the first and the last moment it is needed; buffers whose times do
/// not overlap may share memory. Placement is greedy: the largest first, each at the lowest place
/// that is free during its time.
package struct MemoryPlan {
  /// A buffer of the plan.
  package struct Slot: Hashable, Sendable { fileprivate let index: Int }

  private struct Request {
    let bytes: Int
    var first: Int
    var last: Int
  }

  /// A cache line.
  private static let alignment = 64

  private var requests: [Request] = []

  package init() {}

  /// A buffer of so many bytes, needed from `first` to `last`, both included.
  package mutating func request(bytes: Int, from first: Int, to last: Int) -> Slot {
    precondition(first <= last && bytes >= 0)
    let aligned =
      (bytes + Arena.readSlack + MemoryPlan.alignment - 1) / MemoryPlan.alignment
      * MemoryPlan.alignment
    requests.append(Request(bytes: aligned, first: first, last: last))
    return Slot(index: requests.count - 1)
  }

  package mutating func floats(_ count: Int, from first: Int, to last: Int) -> Slot {
    request(bytes: count * MemoryLayout<Float>.size, from: first, to: last)
  }

  package mutating func doubles(_ count: Int, from first: Int, to last: Int) -> Slot {
    request(bytes: count * MemoryLayout<Double>.size, from: first, to: last)
  }

  /// Keeps a buffer until a later moment too.
  package mutating func keep(_ slot: Slot, until last: Int) {
    requests[slot.index].last = max(requests[slot.index].last, last)
  }

  /// Byte offsets of buffers and the size of the whole: of all, or of those alone that are needed
  /// within these moments and not outside; offsets of others stay 0.
  package func layout(within moments: ClosedRange<Int>? = nil) -> (offsets: [Int], bytes: Int) {
    var offsets = [Int](repeating: 0, count: requests.count)
    var placed: [Int] = []
    var total = 0
    let order = requests.indices.filter { lies($0, within: moments) }.sorted {
      (requests[$1].bytes, $0) < (requests[$0].bytes, $1)
    }
    for index in order {
      let request = requests[index]
      let busy = placed.filter {
        requests[$0].first <= request.last && requests[$0].last >= request.first
      }.map { (begin: offsets[$0], end: offsets[$0] + requests[$0].bytes) }
        .sorted { $0.begin < $1.begin }
      var offset = 0
      for range in busy where offset + request.bytes > range.begin {
        offset = max(offset, range.end)
      }
      offsets[index] = offset
      total = max(total, offset + request.bytes)
      placed.append(index)
    }
    return (offsets, total)
  }

  fileprivate func lies(_ index: Int, within moments: ClosedRange<Int>?) -> Bool {
    guard let moments else { return true }
    return requests[index].first >= moments.lowerBound && requests[index].last <= moments.upperBound
  }

  /// Slots whose time is over after a moment, for each moment: what nobody may read any more.
  package func ends() -> [Int: [Slot]] {
    var ends: [Int: [Slot]] = [:]
    for (index, request) in requests.enumerated() {
      ends[request.last, default: []].append(Slot(index: index))
    }
    return ends
  }

  fileprivate var sizes: [Int] { requests.map(\.bytes) }
}

/// The arena of a plan, with a place for each of its slots.
package final class StepMemory {
  /// The one owner of the bytes.
  private final class Block {
    let arena: Arena
    init(_ arena: consuming Arena) { self.arena = arena }
  }

  /// Of all lanes.
  package let bytes: Int
  private let block: Block
  private var offsets: [Int]
  private let sizes: [Int]

  private init(_ block: Block, offsets: [Int], sizes: [Int], bytes: Int) {
    self.block = block
    self.offsets = offsets
    self.sizes = sizes
    self.bytes = bytes
  }

  /// As many as `count` views of one arena, for threads that work side by side. What is needed within
  /// these moments alone lies in a place of each one's own; everything else they share.
  package static func lanes(
    _ plan: MemoryPlan, count: Int, within moments: ClosedRange<Int>
  ) throws(TensorError) -> [StepMemory] {
    let layout = plan.layout()
    let own = plan.layout(within: moments)
    let bytes = layout.bytes + (count - 1) * own.bytes
    let block = Block(try Arena(byteCount: bytes))
    return (0..<count).map { lane in
      var offsets = layout.offsets
      if lane > 0 {
        let start = layout.bytes + (lane - 1) * own.bytes
        for index in offsets.indices where plan.lies(index, within: moments) {
          offsets[index] = start + own.offsets[index]
        }
      }
      return StepMemory(block, offsets: offsets, sizes: plan.sizes, bytes: bytes)
    }
  }

  package func floats(_ slot: MemoryPlan.Slot) -> UnsafeMutablePointer<Float> {
    (block.arena.base + offsets[slot.index]).assumingMemoryBound(to: Float.self)
  }

  package func doubles(_ slot: MemoryPlan.Slot) -> UnsafeMutablePointer<Double> {
    (block.arena.base + offsets[slot.index]).assumingMemoryBound(to: Double.self)
  }

  package func bytes(_ slot: MemoryPlan.Slot) -> UnsafeMutablePointer<UInt8> {
    (block.arena.base + offsets[slot.index]).assumingMemoryBound(to: UInt8.self)
  }

  /// Moves a slot's place by so many bytes: operations that know only some clips of a value then
  /// work on the next ones.
  package func advance(_ slot: MemoryPlan.Slot, by bytes: Int) { offsets[slot.index] += bytes }

  /// Fills a slot with values that are not numbers: whoever reads them spoils its result.
  package func poison(_ slot: MemoryPlan.Slot) {
    memset(block.arena.base + offsets[slot.index], 0xFF, sizes[slot.index])
  }

  /// The same for all there is.
  package func poisonAll() { memset(block.arena.base, 0xFF, bytes) }
}
