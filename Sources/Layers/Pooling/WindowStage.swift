internal import CKernels
import Tensors

/// Pooling over windows that may overlap and reach into a padding, which is not stored: positions
/// outside the input are left out.
struct WindowStage: Stage {
  enum Mode {
    case max
    case mean(countsPadding: Bool)
  }

  /// Nil for bins that cover the input.
  let windows: PoolGeometry?
  let mode: Mode

  var rereadsInputs: Bool { false }

  func need(ofInput index: Int, element: Element) -> InputNeed { InputNeed() }

  func operation(_ site: Site, plan: inout MemoryPlan) -> any Operation {
    WindowOperation(self, site, plan: &plan)
  }
}

/// Where windows begin and end along one axis, clipped to the input, and how many positions each
/// counts for in a mean.
private struct WindowAxis {
  var ranges: [Range<Int>] = []
  var sizes: [Int] = []

  init(side: Int, bins: Int) {
    for bin in 0..<bins {
      ranges.append(bin * side / bins..<((bin + 1) * side + bins - 1) / bins)
      sizes.append(ranges[bin].count)
    }
  }

  init(side: Int, count: Int, window: Int, stride: Int, padding: Int, countsPadding: Bool) {
    for number in 0..<count {
      let begin = number * stride - padding
      ranges.append(max(0, begin)..<max(0, min(side, begin + window)))
      sizes.append(
        countsPadding ? min(begin + window, side + padding) - begin : ranges[number].count)
    }
  }
}

private struct WindowOperation: Operation {
  private let mode: WindowStage.Mode
  private let input, output: Site.Value
  private let depth, height, width: WindowAxis
  /// Of max pooling: which position won, `[N, D', H', W', C]`.
  private let index: MemoryPlan.Slot?

  init(_ stage: WindowStage, _ site: Site, plan: inout MemoryPlan) {
    input = site.input
    output = site.output
    mode = stage.mode
    let (from, to) = (site.input.layout.extent, site.output.layout.extent)
    func axis(_ path: KeyPath<Extent3, Int>) -> WindowAxis {
      guard let windows = stage.windows else {
        return WindowAxis(side: from[keyPath: path], bins: to[keyPath: path])
      }
      var countsPadding = false
      if case .mean(let counts) = stage.mode { countsPadding = counts }
      return WindowAxis(
        side: from[keyPath: path], count: to[keyPath: path],
        window: windows.window[keyPath: path], stride: windows.stride[keyPath: path],
        padding: windows.padding[keyPath: path], countsPadding: countsPadding)
    }
    (depth, height, width) = (axis(\.depth), axis(\.height), axis(\.width))
    if case .max = stage.mode {
      index = plan.request(
        bytes: site.moments.batch * site.output.layout.denseCount * MemoryLayout<Int32>.size,
        from: site.moments.forward, to: site.moments.last)
    } else {
      index = nil
    }
  }

  func forward(_ step: StepContext) {
    RowLoop.clearHalo(step, output)
    let kernels = InstructionSet.kernels.pointee
    let layout = input.layout
    let channels = layout.channels
    RowLoop.run(step, output) { run in
      let clip = UnsafeRawPointer(step.memory.bytes(input.slot))
        .advanced(by: run.sample * layout.sampleBytes).assumingMemoryBound(to: Float.self)
      let (d, h) = (run.row / output.layout.extent.height, run.row % output.layout.extent.height)
      output.write(run, step) { row in
        for w in 0..<width.ranges.count {
          let y = row + w * channels
          switch mode {
          case .max:
            guard let index else { return }
            let at = integers(index, step) + run.dense + w * channels
            y.update(repeating: -.infinity, count: channels)
            at.update(repeating: 0, count: channels)
            eachPosition(d, h, w) { x, number in
              kernels.max_update(y, at, clip + x, number, channels)
            }
          case .mean:
            y.update(repeating: 0, count: channels)
            let size = depth.sizes[d] * height.sizes[h] * width.sizes[w]
            eachPosition(d, h, w) { x, _ in kernels.add(y, clip + x, channels) }
            for channel in 0..<channels { y[channel] /= Float(size) }
          }
        }
      }
    }
  }

  /// Calls `body` with the place in a clip, and the number, of each position of a window.
  private func eachPosition(_ d: Int, _ h: Int, _ w: Int, _ body: (Int, Int32) -> Void) {
    let layout = input.layout
    for z in depth.ranges[d] {
      for y in height.ranges[h] {
        let row = z * layout.extent.height + y
        let start = layout.offset(ofRow: row)
        for x in width.ranges[w] {
          body(start + x * layout.channels, Int32(row * layout.extent.width + x))
        }
      }
    }
  }

  private func integers(_ slot: MemoryPlan.Slot, _ step: StepContext) -> UnsafeMutablePointer<Int32>
  {
    UnsafeMutableRawPointer(step.memory.bytes(slot)).assumingMemoryBound(to: Int32.self)
  }

  func backward(_ step: StepContext) {
    guard let gradientIn = input.gradient, let gradientOut = output.gradient else { return }
    let (dx, dy) = (step.memory.floats(gradientIn), step.memory.floats(gradientOut))
    let kernels = InstructionSet.kernels.pointee
    let (from, to) = (input.layout, output.layout)
    let channels = from.channels
    // Windows may overlap, so a clip is one task: each position's sum has its order.
    step.pool.parallelFor(step.count) { sample in
      let clip = dx + sample * from.denseCount
      clip.update(repeating: 0, count: from.denseCount)
      for d in 0..<to.extent.depth {
        for h in 0..<to.extent.height {
          for w in 0..<to.extent.width {
            let place =
              sample * to.denseCount
              + ((d * to.extent.height + h) * to.extent.width + w) * channels
            let size = depth.sizes[d] * height.sizes[h] * width.sizes[w]
            eachPosition(d, h, w) { _, number in
              let target = clip + Int(number) * channels
              if let index {
                kernels.add_where(
                  target, dy + place, integers(index, step) + place, number, channels)
              } else {
                kernels.add_scaled(target, dy + place, 1 / Float(size), channels)
              }
            }
          }
        }
      }
    }
  }
}
