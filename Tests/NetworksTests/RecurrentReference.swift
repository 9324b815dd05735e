import Foundation

/// Recurrent layers that PyTorch lacks, for one clip, as their papers write them: plain loops in
/// double, one number at a time.
struct RecurrentReference {
  /// By name below the layer's.
  let parameters: [String: [Double]]
  let inputs, hidden: Int

  typealias Sequence = [[Double]]

  private func tensor(_ name: String) -> [Double] {
    guard let values = parameters[name] else { preconditionFailure("no tensor \(name)") }
    return values
  }

  private func logistic(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

  /// Row `row` of a weight times a vector.
  private func product(_ weight: String, _ row: Int, _ x: [Double]) -> Double {
    let values = tensor(weight)
    return x.indices.reduce(0.0) { $0 + values[row * x.count + $1] * x[$1] }
  }

  /// `W x + b + U h` of one unit's gate.
  private func sum(_ gate: Int, _ unit: Int, _ x: [Double], _ h: [Double]) -> Double {
    let row = gate * hidden + unit
    return product("weight_ih", row, x) + tensor("bias")[row] + product("weight_hh", row, h)
  }

  private func loop(
    _ x: Sequence, _ step: (_ x: [Double], _ h: [Double], _ c: [Double]) -> ([Double], [Double])
  ) -> Sequence {
    let zeros = [Double](repeating: 0, count: hidden)
    var (h, c) = (zeros, zeros)
    return x.map { x in
      (h, c) = step(x, h, c)
      return h
    }
  }

  func peephole(_ x: Sequence) -> Sequence {
    loop(x) { x, h, c in
      var (output, cell) = (h, c)
      for unit in h.indices {
        let i = logistic(sum(0, unit, x, h) + tensor("weight_ci")[unit] * c[unit])
        let f = logistic(sum(1, unit, x, h) + tensor("weight_cf")[unit] * c[unit])
        cell[unit] = f * c[unit] + i * tanh(sum(2, unit, x, h))
        let o = logistic(sum(3, unit, x, h) + tensor("weight_co")[unit] * cell[unit])
        output[unit] = o * tanh(cell[unit])
      }
      return (output, cell)
    }
  }

  func coupled(_ x: Sequence) -> Sequence {
    loop(x) { x, h, c in
      var (output, cell) = (h, c)
      for unit in h.indices {
        let f = logistic(sum(0, unit, x, h))
        cell[unit] = f * c[unit] + (1 - f) * tanh(sum(1, unit, x, h))
        output[unit] = logistic(sum(2, unit, x, h)) * tanh(cell[unit])
      }
      return (output, cell)
    }
  }

  func minimal(_ x: Sequence) -> Sequence {
    loop(x) { x, h, c in
      let f = h.indices.map { logistic(sum(0, $0, x, h)) }
      let gated = h.indices.map { f[$0] * h[$0] }
      let output = h.indices.map { (1 - f[$0]) * h[$0] + f[$0] * tanh(sum(1, $0, x, gated)) }
      return (output, c)
    }
  }

  private func normalised(_ x: [Double], _ name: String) -> [Double] {
    let mean = x.reduce(0, +) / Double(x.count)
    let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.count)
    let (scale, shift) = (tensor("\(name).weight"), tensor("\(name).bias"))
    return x.indices.map {
      scale[$0] * (x[$0] - mean) / (variance + 1e-5).squareRoot() + shift[$0]
    }
  }

  func layerNorm(_ x: Sequence) -> Sequence {
    loop(x) { x, h, c in
      let rows = 0..<4 * hidden
      let fromInput = normalised(rows.map { product("weight_ih", $0, x) }, "ln_ih")
      let fromHidden = normalised(rows.map { product("weight_hh", $0, h) }, "ln_hh")
      let a = rows.map { fromInput[$0] + fromHidden[$0] }
      let cell = c.indices.map {
        logistic(a[hidden + $0]) * c[$0] + logistic(a[$0]) * tanh(a[2 * hidden + $0])
      }
      let squashed = normalised(cell, "ln_cell")
      return (c.indices.map { logistic(a[3 * hidden + $0]) * tanh(squashed[$0]) }, cell)
    }
  }

  func additive(_ x: Sequence) -> Sequence {
    let width = tensor("proj.bias").count
    let scores = x.map { x in
      (0..<width).reduce(0.0) {
        $0 + tensor("v.weight")[$1]
          * tanh(product("proj.weight", $1, x) + tensor("proj.bias")[$1])
      }
    }
    let total = scores.reduce(0) { $0 + exp($1) }
    return [
      (0..<inputs).map { feature in
        x.indices.reduce(0.0) { $0 + exp(scores[$1]) / total * x[$1][feature] }
      }
    ]
  }

  /// `x` `[T]` of maps `[H, W, C]`, output alike; `hidden` are the filters.
  func maps(_ x: Sequence, height: Int, width: Int, kernel: Int) -> Sequence {
    func convolved(_ map: [Double], _ weight: String, _ filter: Int, _ row: Int, _ column: Int)
      -> Double
    {
      let channels = map.count / height / width
      let values = tensor(weight)
      var sum = 0.0
      for channel in 0..<channels {
        for y in 0..<kernel {
          for z in 0..<kernel {
            let (r, c) = (row + y - kernel / 2, column + z - kernel / 2)
            guard (0..<height).contains(r), (0..<width).contains(c) else { continue }
            sum +=
              values[((filter * channels + channel) * kernel + y) * kernel + z]
              * map[(r * width + c) * channels + channel]
          }
        }
      }
      return sum
    }
    var h = [Double](repeating: 0, count: height * width * hidden)
    var c = h
    return x.map { x in
      var (output, cell) = (h, c)
      for place in 0..<height * width {
        for unit in 0..<hidden {
          let gates = (0..<4).map { gate in
            let filter = gate * hidden + unit
            return convolved(x, "weight_ih", filter, place / width, place % width)
              + convolved(h, "weight_hh", filter, place / width, place % width)
              + tensor("bias")[filter]
          }
          let at = place * hidden + unit
          cell[at] = logistic(gates[1]) * c[at] + logistic(gates[0]) * tanh(gates[2])
          output[at] = logistic(gates[3]) * tanh(cell[at])
        }
      }
      (h, c) = (output, cell)
      return output
    }
  }
}
