/// Finds 64-bit hashes near each other without comparing all with all.
///
/// The bits are cut into four bands of 16. Of two hashes at most seven bits apart at least one band
/// differs by one bit or none, so that looking into 17 of 65,536 buckets a band finds every one of
/// them (multi-index hashing, Norouzi and others, 2012).
struct HashIndex {
  /// Hashes that differ by this many bits or fewer are near.
  static let radius = 7

  struct Entry {
    let hash: UInt64
    let owner: Int32
  }

  private static let bands = 4
  private static let buckets = 1 << 16

  /// All entries four times, ordered by band and bucket, within a bucket by owner.
  private var entries: [Entry] = []
  /// `[bands * buckets + 1]`: where each bucket begins.
  private var starts: [Int]
  /// Entries of owners already passed.
  private var passed: [Int]
  /// Buckets with more entries are left out.
  let largestBucket: Int

  /// Whether every near pair is found; false when so many hashes are alike that comparing them all
  /// would take too long.
  let isComplete: Bool

  /// - Parameters:
  ///   - hashes: in the order of their owners.
  ///   - budget: the most comparisons to make in all; beyond it the fullest buckets, whose hashes
  ///     are so common that they tell nothing, are left out.
  init(_ hashes: [Entry], budget: Double = 5e9) {
    var counts = [Int](repeating: 0, count: HashIndex.bands * HashIndex.buckets)
    for entry in hashes {
      for band in 0..<HashIndex.bands { counts[HashIndex.bucket(entry.hash, band)] += 1 }
    }
    starts = [0]
    starts.reserveCapacity(counts.count + 1)
    for count in counts { starts.append(starts[starts.count - 1] + count) }
    let ordered = [Entry](unsafeUninitializedCapacity: hashes.count * HashIndex.bands) {
      [starts] buffer, count in
      var next = starts
      for entry in hashes {
        for band in 0..<HashIndex.bands {
          let bucket = HashIndex.bucket(entry.hash, band)
          buffer[next[bucket]] = entry
          next[bucket] += 1
        }
      }
      count = hashes.count * HashIndex.bands
    }
    entries = ordered
    passed = [Int](repeating: 0, count: counts.count)
    var largest = counts.max() ?? 0
    isComplete = HashIndex.work(counts, largest: largest) <= budget
    while largest > 1, HashIndex.work(counts, largest: largest) > budget { largest /= 2 }
    largestBucket = largest
  }

  /// Comparisons needed when buckets with more than `largest` entries are left out.
  private static func work(_ counts: [Int], largest: Int) -> Double {
    var sum = 0.0
    for (position, count) in counts.enumerated() where count > 0 && count <= largest {
      let band = position & ~(buckets - 1)
      var others = count
      for bit in 0..<16 {
        let other = counts[band | ((position & (buckets - 1)) ^ (1 << bit))]
        if other <= largest { others += other }
      }
      sum += Double(count) * Double(others) / 2
    }
    return sum
  }

  private static func bucket(_ hash: UInt64, _ band: Int) -> Int {
    band * buckets + Int((hash >> UInt64(16 * band)) & 0xFFFF)
  }

  /// Leaves the hashes of the next owner out of all further searches. Call with the owners'
  /// hashes in their order, so that each pair of owners is met once.
  mutating func pass(_ hashes: some Sequence<UInt64>) {
    for hash in hashes {
      for band in 0..<HashIndex.bands { passed[HashIndex.bucket(hash, band)] += 1 }
    }
  }

  /// Calls `body` with the owner of every hash near this one that was not passed; again for each
  /// band that shows it.
  func search(_ hash: UInt64, _ body: (Int32) -> Void) {
    entries.withUnsafeBufferPointer { entries in
      for band in 0..<HashIndex.bands {
        let own = HashIndex.bucket(hash, band)
        for probe in -1..<16 {
          let bucket = probe < 0 ? own : own ^ (1 << probe)
          let (start, end) = (starts[bucket], starts[bucket + 1])
          if end - start > largestBucket { continue }
          for position in (start + passed[bucket])..<end
          where (entries[position].hash ^ hash).nonzeroBitCount <= HashIndex.radius {
            body(entries[position].owner)
          }
        }
      }
    }
  }
}
