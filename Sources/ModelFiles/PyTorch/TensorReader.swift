/// Reads tensors of a PyTorch file: checks each view against its storage, and makes it contiguous,
/// row-major, and of float32 or int64.
///
/// Memory: a tensor's bytes are read where they belong or through a buffer of `window` bytes, and
/// all tensors together may have `mostBytes` beside what describes them: so no more is held than twice the file, whatever a
/// file says of sizes, shared storages and strides of zero. `mostRead` bounds the time likewise.
struct TensorReader {
  private static let window = 1 << 16
  private static let slack = 16 << 20

  private let file: WeightFile
  private let content: PyTorchContent
  private var bytesMade = 0
  private var bytesRead = 0
  private var mostBytes: Int { 2 * file.size + TensorReader.slack - content.heap.bytes }
  private var mostRead: Int { 16 * file.size + TensorReader.slack }

  init(_ file: WeightFile, _ content: PyTorchContent) {
    self.file = file
    self.content = content
  }

  /// A tensor of the heap under a name.
  mutating func read(_ index: Int, name: String) throws(ModelFileError) -> SafeTensors.Tensor {
    let view = content.heap.tensors[index]
    let storage = content.heap.storages[view.storage]
    guard let type = storage.element.result else {
      throw failure(
        name, "has elements of \(storage.element.rawValue), which are not read; convert it to float"
      )
    }
    let dimensions = try dimensions(view, name)
    let shape = dimensions.map(\.size)
    guard let range = content.ranges[view.storage] else {
      throw failure(
        name, "names the storage \(PickleReader.short(storage.key)), which the file lacks")
    }
    guard let count = TensorReader.product(shape) else {
      throw failure(name, "has an impossible shape \(shape)")
    }
    try checkRange(view, dimensions, count: count, in: storage, name)
    let (size, overflow) = count.multipliedReportingOverflow(by: type.size)
    guard !overflow, size <= mostBytes - bytesMade else {
      throw failure(
        name,
        "\(shape) and those before it would take more than \(mostBytes) bytes, twice the file; "
          + "save contiguous tensors of float32")
    }
    bytesMade += size
    let gather = Gather(dimensions, count: count, origin: view.offset)
    guard gather.isOnce else {
      throw failure(name, "lies over itself; save tensor.contiguous()")
    }
    let bytes = try fill(gather, storage.element, type, range, size, name)
    let tensor = SafeTensors.Tensor(name: name, type: type, shape: shape, bytes: bytes)
    if let position = tensor.firstNonFinite() {
      throw ModelFileError(
        .nonFinite, path: file.path,
        "tensor \(PickleReader.short(name)) holds an infinite value or NaN at position "
          + "\(position), or one too large for float32; take weights from before the training diverged"
      )
    }
    return tensor
  }

  // MARK: Checks

  private func dimensions(
    _ view: PickleHeap.Tensor, _ name: String
  ) throws(ModelFileError) -> [Dimension] {
    let sizes = content.heap.sequences[view.size]
    let strides = content.heap.sequences[view.stride]
    guard sizes.count == strides.count, sizes.count <= SafeTensors.Limit.dimensions else {
      throw failure(
        name,
        "has \(sizes.count) sizes and \(strides.count) strides, of which there must be as many and "
          + "at most \(SafeTensors.Limit.dimensions)")
    }
    var dimensions: [Dimension] = []
    for (size, stride) in zip(sizes, strides) {
      guard case .integer(let size) = size, case .integer(let stride) = stride, size >= 0,
        stride >= 0
      else { throw failure(name, "has a size or stride that is negative or not a number") }
      dimensions.append(Dimension(size: size, stride: stride))
    }
    return dimensions
  }

  /// That the first and the last element lie in the storage.
  private func checkRange(
    _ view: PickleHeap.Tensor, _ dimensions: [Dimension], count: Int,
    in storage: PickleHeap.Storage, _ name: String
  ) throws(ModelFileError) {
    var last: Int? = view.offset
    for dimension in dimensions where count > 0 {
      let (length, overflow) = (dimension.size - 1).multipliedReportingOverflow(
        by: dimension.stride)
      let (sum, overflowed) = (last ?? 0).addingReportingOverflow(length)
      last = overflow || overflowed || last == nil ? nil : sum
    }
    guard view.offset >= 0, let last, count == 0 ? last <= storage.count : last < storage.count
    else {
      throw failure(
        name,
        "reaches beyond its storage of \(storage.count) elements "
          + "(offset \(view.offset), sizes \(dimensions.map(\.size)), "
          + "strides \(dimensions.map(\.stride)))")
    }
  }

  private static func product(_ sizes: [Int]) -> Int? {
    var product = 1
    // Zeros too: no later product of these sizes may overflow, in whatever order.
    for size in sizes {
      let (next, overflow) = product.multipliedReportingOverflow(by: max(1, size))
      if overflow { return nil }
      product = next
    }
    return sizes.contains(0) ? 0 : product
  }

  private func failure(_ name: String, _ what: String) -> ModelFileError {
    file.error(.format, "tensor \(PickleReader.short(name)) \(what)")
  }

  // MARK: Reading

  private mutating func fill(
    _ gather: Gather, _ element: PyTorchElement, _ type: SafeTensors.ElementType,
    _ range: Range<Int>, _ size: Int, _ name: String
  ) throws(ModelFileError) -> [UInt8] {
    if gather.isContiguous, element == .float32 || element == .int64 {
      bytesRead += size
      try checkTime(name)
      return try WeightFile.filled(size) { (buffer) throws(ModelFileError) in
        try file.read(into: buffer, at: range.lowerBound + gather.origin * element.size)
      }
    }
    var read = bytesRead
    defer { bytesRead = read }
    return try WeightFile.filled(size) { (buffer) throws(ModelFileError) in
      switch element {
      case .float64:
        try convert(gather, range, buffer, &read, name) { (bits: UInt64) in
          Float(Double(bitPattern: bits))
        }
      case .float32: try convert(gather, range, buffer, &read, name) { (value: UInt32) in value }
      case .float16: try convert(gather, range, buffer, &read, name) { float(half: $0) }
      case .bfloat16:
        try convert(gather, range, buffer, &read, name) { (bits: UInt16) in UInt32(bits) << 16 }
      case .int64: try convert(gather, range, buffer, &read, name) { (value: Int64) in value }
      case .int32:
        try convert(gather, range, buffer, &read, name) { (value: Int32) in Int64(value) }
      case .int16:
        try convert(gather, range, buffer, &read, name) { (value: Int16) in Int64(value) }
      case .int8: try convert(gather, range, buffer, &read, name) { (value: Int8) in Int64(value) }
      case .uint8:
        try convert(gather, range, buffer, &read, name) { (value: UInt8) in Int64(value) }
      case .boolean:
        try convert(gather, range, buffer, &read, name) { (value: UInt8) -> Int64 in
          value == 0 ? 0 : 1
        }
      case .complex64, .complex128, .quantizedInt8, .quantizedUInt8, .quantizedInt32, .untyped:
        preconditionFailure("\(element) has no result")
      }
    }
  }

  /// Reads the elements in the order of the storage, piece by piece, and puts each in its places.
  private func convert<Source: BitwiseCopyable, Result: BitwiseCopyable>(
    _ gather: Gather, _ range: Range<Int>, _ result: UnsafeMutableRawBufferPointer,
    _ read: inout Int, _ name: String, _ change: (Source) -> Result
  ) throws(ModelFileError) {
    let size = MemoryLayout<Source>.size
    let piece = UnsafeMutableRawBufferPointer.allocate(
      byteCount: TensorReader.window, alignment: 64)
    defer { piece.deallocate() }
    // The elements that `piece` holds.
    var held = 0..<0
    try gather.visit { (source, destination) throws(ModelFileError) in
      if !held.contains(source) {
        held = source..<min(gather.end, source + TensorReader.window / size)
        read += held.count * size
        if read > mostRead { throw tooScattered(name) }
        try file.read(
          into: UnsafeMutableRawBufferPointer(rebasing: piece[..<(held.count * size)]),
          at: range.lowerBound + source * size)
      }
      let value = piece.load(fromByteOffset: (source - held.lowerBound) * size, as: Source.self)
      result.storeBytes(
        of: change(value), toByteOffset: destination * MemoryLayout<Result>.size, as: Result.self)
    }
  }

  private func checkTime(_ name: String) throws(ModelFileError) {
    if bytesRead > mostRead { throw tooScattered(name) }
  }

  private func tooScattered(_ name: String) -> ModelFileError {
    failure(
      name,
      "and those before it share storages so widely that the file would be read many times; "
        + "save tensor.contiguous()")
  }
}

/// One dimension of a view, in elements.
struct Dimension {
  let size: Int
  let stride: Int
}

/// The order in which a view's elements lie in its storage.
struct Gather {
  private struct Axis {
    let size: Int
    let source: Int
    let destination: Int
  }

  /// The storage position of the first element.
  let origin: Int
  /// One behind that of the last; `origin` where there are none.
  let end: Int
  private let count: Int
  /// From the largest stride in the storage to the smallest, without sizes of one.
  private let axes: [Axis]

  /// - Parameter count: the product of the sizes; the last element is within a storage.
  init(_ dimensions: [Dimension], count: Int, origin: Int) {
    var axes: [Axis] = []
    var destination = 1
    if count > 0 {
      for dimension in dimensions.reversed() {
        if dimension.size > 1 {
          axes.append(
            Axis(size: dimension.size, source: dimension.stride, destination: destination))
        }
        destination *= dimension.size
      }
    }
    self.origin = origin
    end = origin + axes.reduce(min(1, count)) { $0 + ($1.size - 1) * $1.source }
    self.count = count
    self.axes = axes.reversed().enumerated().sorted {
      ($1.element.source, $0.offset) < ($0.element.source, $1.offset)
    }.map(\.element)
  }

  /// Whether the elements lie one after the other in row-major order.
  var isContiguous: Bool { axes.allSatisfy { $0.source == $0.destination } }

  /// Whether no element of the storage is met again after a later one. Strides of zero, which
  /// come last, repeat an element at once.
  var isOnce: Bool {
    var length = 0
    for axis in axes.reversed() where axis.source > 0 {
      if axis.source <= length { return false }
      length += (axis.size - 1) * axis.source
    }
    return true
  }

  /// Calls `body` with the position of each element in the storage, ascending, and in the result.
  func visit(
    _ body: (_ source: Int, _ destination: Int) throws(ModelFileError) -> Void
  ) throws(ModelFileError) {
    if count == 0 { return }
    guard let inner = axes.last else { return try body(origin, 0) }
    var place = [Int](repeating: 0, count: axes.count - 1)
    var source = origin
    var destination = 0
    while true {
      for step in 0..<inner.size {
        try body(source + step * inner.source, destination + step * inner.destination)
      }
      // The next row: the last of the outer axes that is not at its end moves on.
      var axis = place.count - 1
      while axis >= 0 {
        place[axis] += 1
        source += axes[axis].source
        destination += axes[axis].destination
        if place[axis] < axes[axis].size { break }
        source -= axes[axis].size * axes[axis].source
        destination -= axes[axis].size * axes[axis].destination
        place[axis] = 0
        axis -= 1
      }
      if axis < 0 { return }
    }
  }
}
