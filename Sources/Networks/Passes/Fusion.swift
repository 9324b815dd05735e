import Layers

/// A graph cut into the stages that run as one operation each.
///
/// Whether two layers can run as one is what stages say themselves (`Stage.fused`); this pass only
/// offers each stage the one reader of its output, until it declines.
struct StagePlan {
  struct Planned {
    var stage: any Stage
    /// Numbers of the values that it reads.
    var inputs: [Int]
    /// Number of the value that it makes.
    var output: Int
    /// Numbers of the nodes whose work it does; none for stages that only change a layout.
    var nodes: [Int]
    /// Works as in inference, and learns nothing.
    var isFrozen: Bool
  }

  /// In the order in which they run.
  var stages: [Planned] = []
  /// Of each value.
  var shapes: [ValueShape]
  /// Whether the stage that makes a value works frame by frame, and so reads and writes clips of one
  /// frame: the first stages, if any.
  var isByFrame: [Bool]
  /// Copies in another layout that are still to be made: of which value, as which, before which stage.
  var relayouts: [(value: Int, copy: Int, before: Int)] = []

  /// - Parameter frozen: so many nodes, from the first on, learn nothing.
  init(_ graph: Graph, purpose: Purpose, frozen: Int = 0, fuses: Bool = true) {
    shapes = graph.shapes
    let nodesByFrame = purpose == .inference ? graph.nodesByFrame : 0
    isByFrame = shapes.indices.map { $0 <= nodesByFrame && nodesByFrame > 0 }
    var readers = [[Int]](repeating: [], count: graph.shapes.count)
    for (index, place) in graph.places.enumerated() {
      for input in place.inputs { readers[input].append(index) }
    }
    var isTaken = [Bool](repeating: false, count: graph.places.count)
    for (index, place) in graph.places.enumerated() where !isTaken[index] {
      let isFrozen = index < frozen
      let layer = index < nodesByFrame ? place.layer.onOneFrame : place.layer
      let purpose = isFrozen ? .inference : purpose
      var planned = Planned(
        stage: layer.layer.stage(layer), inputs: place.inputs, output: index + 1,
        nodes: [index], isFrozen: isFrozen)
      while fuses, readers[planned.output].count == 1 {
        let next = readers[planned.output][0]
        let reader = graph.places[next]
        guard !isTaken[next], (next < frozen) == isFrozen,
          (next < nodesByFrame) == (index < nodesByFrame),
          let position = reader.inputs.firstIndex(of: planned.output),
          let fused = planned.stage.fused(
            with: next < nodesByFrame ? reader.layer.onOneFrame : reader.layer, at: position,
            for: purpose)
        else { break }
        isTaken[next] = true
        planned.stage = fused
        planned.inputs += reader.inputs.filter { [output = planned.output] in $0 != output }
        planned.output = next + 1
        planned.nodes.append(next)
      }
      stages.append(planned)
    }
    // A stage runs where its last node stands: all that it reads has been made there.
    stages.sort { $0.output < $1.output }
  }

  /// So many stages, from the first on, work frame by frame.
  var stagesByFrame: Int { stages.prefix { isByFrame[$0.output] }.count }
}
