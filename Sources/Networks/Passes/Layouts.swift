import Layers
import Tensors

extension StagePlan {
  /// Chooses how each value lies in memory: as its readers want it. Where they want it in ways that
  /// do not go together, some read a copy that a stage of its own lays out for them.
  ///
  /// - Parameter element: what convolutions compute in.
  mutating func chooseLayouts(element: Element) -> [ActivationLayout] {
    var layouts = shapes.map { ActivationLayout($0) }
    for value in shapes.indices {
      guard case .volume = shapes[value] else { continue }
      var readers: [(stage: Int, input: Int, need: InputNeed)] = []
      for (index, planned) in stages.enumerated() {
        for (input, number) in planned.inputs.enumerated() where number == value {
          readers.append(
            (index, input, planned.stage.need(ofInput: input, element: element)))
        }
      }
      // What most ask for without insisting is what is made; the first reader decides on elements.
      // Frames that are made one by one have nothing stored between them.
      let open = readers.filter {
        !$0.need.isExact && !(isByFrame[value] && $0.need.halo.depth > 0)
      }
      var layout = layouts[value]
      layout.element = open.first?.need.element ?? readers.first?.need.element ?? .fp32
      for reader in open where reader.need.element == layout.element {
        layout.halo = layout.halo.union(reader.need.halo)
      }
      layouts[value] = layout
      let unhappy = readers.filter { !$0.need.isMet(by: layout) }
      guard !unhappy.isEmpty else { continue }
      for need in Set(unhappy.map(\.need)).sorted(by: InputNeed.precedes) {
        let mine = unhappy.filter { $0.need == need }
        let first = mine.map(\.stage).min() ?? 0
        shapes.append(shapes[value])
        isByFrame.append(first < stagesByFrame)
        var copy = layouts[value].withHalo(need.halo)
        copy.element = need.element
        layouts.append(copy)
        for reader in mine { stages[reader.stage].inputs[reader.input] = shapes.count - 1 }
        relayouts.append((value, shapes.count - 1, before: first))
      }
    }
    insertRelayouts()
    return layouts
  }

  private mutating func insertRelayouts() {
    for (value, copy, before) in relayouts.sorted(by: { $0.before > $1.before }) {
      stages.insert(
        Planned(
          stage: RelayoutStage(), inputs: [value], output: copy, nodes: [], isFrozen: false),
        at: before)
    }
    relayouts = []
  }
}

extension ActivationLayout {
  /// Floats without a halo; sequences and vectors as rows of features.
  init(_ shape: ValueShape) {
    switch shape {
    case .volume(let extent, let channels): self.init(extent: extent, channels: channels)
    case .sequence(let steps, let features):
      self.init(extent: Extent3(steps, 1, 1), channels: features)
    case .vector(let count): self.init(extent: .one, channels: count)
    }
  }
}

extension InputNeed {
  fileprivate func isMet(by layout: ActivationLayout) -> Bool {
    element == layout.element
      && (isExact ? halo == layout.halo : halo.union(layout.halo) == layout.halo)
  }

  /// Any order will do, as long as it is always the same.
  fileprivate static func precedes(_ one: InputNeed, _ other: InputNeed) -> Bool {
    func key(_ need: InputNeed) -> [Int] {
      [
        need.element.bytes, need.isExact ? 1 : 0, need.halo.depth, need.halo.height,
        need.halo.width,
      ]
    }
    return key(one).lexicographicallyPrecedes(key(other))
  }
}

extension Extent3 {
  /// The larger of two along each axis.
  fileprivate func union(_ other: Extent3) -> Extent3 {
    Extent3(max(depth, other.depth), max(height, other.height), max(width, other.width))
  }
}
