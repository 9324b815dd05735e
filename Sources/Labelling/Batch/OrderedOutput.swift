/// Puts results that arrive in any order back into the order of their inputs.
public struct OrderedOutput<Element> {
  private var waiting: [Int: Element] = [:]
  private var next = 0

  /// Waits for input number 0.
  public init() {}

  /// Takes the result of input number `index` and returns every result that is now due.
  public mutating func add(_ element: Element, at index: Int) -> [Element] {
    waiting[index] = element
    var due: [Element] = []
    while let element = waiting.removeValue(forKey: next) {
      due.append(element)
      next += 1
    }
    return due
  }

  /// What still waits for an earlier input, in order; for the end of an interrupted run.
  public mutating func drain() -> [Element] {
    defer { waiting.removeAll() }
    return waiting.keys.sorted().map { waiting[$0]! }
  }
}
