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

  /// Byte offsets of all buffers, and the size of the whole.
  package func layout() -> (offsets: [Int], bytes: Int) {
    var offsets = [Int](repeating: 0, count: requests.count)
    var placed: [Int] = []
    var total = 0
    let order = requests.indices.sorted {
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
}

/// The arena of a plan, with a place for each of its slots.
package final class StepMemory {
  package let bytes: Int
  fileprivate let arena: Arena
  private var offsets: [Int]

  package init(_ plan: MemoryPlan) throws(TensorError) {
    let layout = plan.layout()
    offsets = layout.offsets
    bytes = layout.bytes
    arena = try Arena(byteCount: layout.bytes)
  }

  package func floats(_ slot: MemoryPlan.Slot) -> UnsafeMutablePointer<Float> {
    (arena.base + offsets[slot.index]).assumingMemoryBound(to: Float.self)
  }

  package func doubles(_ slot: MemoryPlan.Slot) -> UnsafeMutablePointer<Double> {
    (arena.base + offsets[slot.index]).assumingMemoryBound(to: Double.self)
  }

  package func bytes(_ slot: MemoryPlan.Slot) -> UnsafeMutablePointer<UInt8> {
    (arena.base + offsets[slot.index]).assumingMemoryBound(to: UInt8.self)
  }
}

// MARK: Proving lifetimes

extension MemoryPlan {
  /// Bytes whose time is over after a moment, for each moment: what nobody may read any more.
  package func ends() -> [Int: [(offset: Int, bytes: Int)]] {
    let offsets = layout().offsets
    var ends: [Int: [(offset: Int, bytes: Int)]] = [:]
    for (index, request) in requests.enumerated() {
      ends[request.last, default: []].append((offsets[index], request.bytes))
    }
    return ends
  }
}

extension StepMemory {
  /// Moves a slot's place by so many bytes: operations that know only some clips of a value then
  /// work on the next ones.
  package func advance(_ slot: MemoryPlan.Slot, by bytes: Int) { offsets[slot.index] += bytes }

  /// Fills bytes with values that are not numbers: whoever reads them spoils its result.
  package func poison(offset: Int, bytes: Int) {
    memset(arena.base + offset, 0xFF, bytes)
  }
}
