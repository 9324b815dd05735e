import Layers
import Tensors

/// Which memory each value and each gradient takes, and until when: the pass before operations are
/// bound to it.
///
/// The input copy runs at moment 0, stage i at moment i + 1; the way back runs the other way, so that
/// stage i has its turn at `end − 2 − i`. A value lives until the last moment at which somebody reads
/// it, forward or back. Gradients are dense floats; each reader of a value leaves one of its own,
/// and where there are several they are summed before the value's maker has its turn.
struct BufferPlan {
  var memory = MemoryPlan()
  /// The network's input as it is filled in, dense.
  let input: MemoryPlan.Slot
  /// Of each value.
  private(set) var slots: [MemoryPlan.Slot]
  /// Of each stage: the gradient at its output, and the sum that has to be made for it before.
  private(set) var outputGradients: [MemoryPlan.Slot?]
  private(set) var sums: [AccumulateOperation?]
  /// Of each stage and input: where it writes the gradient.
  private(set) var inputGradients: [[MemoryPlan.Slot?]]
  /// Whether a stage learns, or has something that learns before it.
  private(set) var learns: [Bool]
  let batch: Int
  let workers: Int
  /// Which stages run over a few clips or frames at a time.
  let chunks: Chunks
  /// Values that chunked stages make and others read.
  private(set) var crossing: [Int] = []

  private let plan: StagePlan
  private let layouts: [ActivationLayout]
  private let end: Int

  /// - Parameter parameters: whether the node of that number has any that are trained.
  init(
    _ plan: StagePlan, layouts: [ActivationLayout], batch: Int, chunks: Chunks, workers: Int,
    isTraining: Bool, hasParameters: (Int) -> Bool
  ) {
    self.plan = plan
    self.layouts = layouts
    self.batch = batch
    self.workers = workers
    let stages = plan.stages
    end = 2 * (stages.count + 1)
    self.chunks = chunks
    // Later clips of the input are read while stages run over the first ones.
    input = memory.floats(
      batch * layouts[0].denseCount, from: -1, to: chunks.stages > 0 ? chunks.stages + 1 : 0)
    let first = memory.request(
      bytes: chunks.stages > 0
        ? chunks.count * layouts[0].sampleBytes / chunks.parts : batch * layouts[0].sampleBytes,
      from: 0, to: 0)
    slots = [MemoryPlan.Slot](repeating: first, count: plan.shapes.count)
    outputGradients = [MemoryPlan.Slot?](repeating: nil, count: stages.count)
    sums = [AccumulateOperation?](repeating: nil, count: stages.count)
    inputGradients = stages.map { [MemoryPlan.Slot?](repeating: nil, count: $0.inputs.count) }
    learns = []
    var isLearned = [Bool](repeating: false, count: plan.shapes.count)
    for planned in stages {
      let does =
        isTraining && !planned.isFrozen
        && (planned.nodes.contains(where: hasParameters)
          || planned.inputs.contains { isLearned[$0] })
      learns.append(does)
      isLearned[planned.output] = does
    }
    placeValues()
    if isTraining { placeGradients(isLearned) }
  }

  /// When stage `index` runs.
  func moments(_ index: Int) -> Moments {
    Moments(
      forward: index + 1, backward: learns[index] ? end - 2 - index : nil, start: -1, end: end,
      batch: index < chunks.stages ? chunks.count : batch,
      workers: index < chunks.stages && chunks.runsInLanes ? 1 : workers)
  }

  // MARK: Values

  private mutating func placeValues() {
    var readers = [Int](repeating: 0, count: plan.shapes.count)
    for input in plan.stages.lazy.flatMap(\.inputs) { readers[input] += 1 }
    var maker = [Int?](repeating: nil, count: plan.shapes.count)
    for (index, planned) in plan.stages.enumerated() {
      let now = moments(index)
      let stage = planned.stage
      for input in planned.inputs {
        memory.keep(slots[input], until: stage.rereadsInputs ? now.last : now.forward)
      }
      let output = planned.output
      if !crossesOut(output, madeBy: index),
        let replaced = replaceable(planned, readers, maker, now)
      {
        slots[output] = slots[replaced]
      } else {
        // What others read has room for all clips, and until the last of them is done.
        let crosses = crossesOut(output, madeBy: index)
        if crosses { crossing.append(output) }
        let parts = crosses || index >= chunks.stages ? 1 : chunks.parts
        slots[output] = memory.request(
          bytes: (crosses ? batch : now.batch) * layouts[output].sampleBytes / parts,
          from: crosses ? 0 : now.forward, to: crosses ? chunks.stages + 1 : now.forward)
      }
      if stage.rereadsOutput { memory.keep(slots[output], until: now.last) }
      maker[output] = index
    }
    if let last = plan.stages.last { memory.keep(slots[last.output], until: end) }
  }

  /// Whether a chunked stage makes a value that other stages read.
  private func crossesOut(_ value: Int, madeBy index: Int) -> Bool {
    index < chunks.stages
      && plan.stages[chunks.stages...].contains { $0.inputs.contains(value) }
  }

  /// The value whose memory a stage's output may take.
  private func replaceable(
    _ planned: StagePlan.Planned, _ readers: [Int], _ maker: [Int?], _ now: Moments
  ) -> Int? {
    guard let input = planned.stage.replacedInput, planned.inputs.indices.contains(input) else {
      return nil
    }
    let value = planned.inputs[input]
    guard readers[value] == 1, layouts[value] == layouts[planned.output], let maker = maker[value],
      !crossing.contains(value)
    else { return nil }
    // Who reads it again on the way back must find it.
    let isReread =
      (now.backward != nil && planned.stage.rereadsInputs)
      || (learns[maker] && plan.stages[maker].stage.rereadsOutput)
    return isReread ? nil : value
  }

  // MARK: Gradients

  private struct Contribution {
    let slot: MemoryPlan.Slot
    /// Nobody else reads it.
    let isOwn: Bool
  }

  private mutating func placeGradients(_ isLearned: [Bool]) {
    var found = [[Contribution]](repeating: [], count: plan.shapes.count)
    for (index, planned) in plan.stages.enumerated().reversed() {
      guard let now = moments(index).backward else { continue }
      let size = batch * layouts[planned.output].denseCount
      let isLast = index == plan.stages.count - 1
      let gradient: MemoryPlan.Slot
      if isLast {
        gradient = memory.floats(size, from: moments(index).forward, to: now)
      } else {
        gradient = settle(
          found[planned.output].reversed(), stage: index, size: size, at: now,
          spoils: planned.stage.spoilsGradient)
      }
      outputGradients[index] = gradient
      for (position, input) in planned.inputs.enumerated() where isLearned[input] {
        let slot =
          planned.stage.passesGradient
          ? gradient : memory.floats(batch * layouts[input].denseCount, from: now, to: now)
        inputGradients[index][position] = slot
        found[input].append(Contribution(slot: slot, isOwn: !planned.stage.passesGradient))
      }
    }
  }

  /// The gradient at a stage's output, from what its readers leave.
  private mutating func settle(
    _ contributions: [Contribution], stage: Int, size: Int, at now: Int, spoils: Bool
  ) -> MemoryPlan.Slot {
    precondition(!contributions.isEmpty, "a value that learns is read by something that learns")
    for contribution in contributions { memory.keep(contribution.slot, until: now) }
    if contributions.count == 1, contributions[0].isOwn || !spoils { return contributions[0].slot }
    let target =
      contributions.first(where: \.isOwn)?.slot ?? memory.floats(size, from: now, to: now)
    sums[stage] = AccumulateOperation(
      sources: contributions.map(\.slot), target: target, count: size / batch)
    return target
  }
}
