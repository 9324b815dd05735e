import Networks

/// What a file puts before the names of a network's tensors: programs wrap networks in modules of
/// their own before they save them.
enum WeightPrefix {
  private static let usual = [
    "", "module.", "model.", "backbone.", "trunk.", "net.", "encoder.", "_orig_mod.",
    "_orig_mod.module.", "module._orig_mod.",
  ]

  /// The prefix with which most of the entries fit; the shortest of equals, by the usual order.
  static func best(in tensors: SafeTensors, for entries: [Network.Entry]) -> String {
    let found = (usual + shared(tensors.names)).map { prefix in
      (
        prefix: prefix,
        count: entries.count { entry in tensors[prefix + entry.name].map(entry.fits) ?? false }
      )
    }
    return found.max { $0.count < $1.count }?.prefix ?? ""
  }

  /// The scopes that all names begin with, such as `backbone.` and `backbone.enc.`.
  private static func shared(_ names: [String]) -> [String] {
    guard var common = names.first?.split(separator: ".", omittingEmptySubsequences: false) else {
      return []
    }
    common.removeLast()
    for name in names {
      let parts = name.split(separator: ".", omittingEmptySubsequences: false)
      common = Array(zip(common, parts).prefix { $0 == $1 }.map(\.0))
    }
    return common.indices.map { common[...$0].joined(separator: ".") + "." }
  }
}

extension Network.Entry {
  /// Whether a file's tensor can be copied into this one.
  func fits(_ tensor: SafeTensors.Tensor) -> Bool {
    tensor.shape == shape && tensor.type == .float32
  }
}
