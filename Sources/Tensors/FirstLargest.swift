extension RandomAccessCollection where Element: Comparable, Index == Int {
  /// How far behind the first element the largest one is: the class that logits or scores give. The
  /// first of equals; 0 when there is none.
  package var firstLargest: Int {
    var best = startIndex
    for index in indices where self[index] > self[best] { best = index }
    return best - startIndex
  }
}
