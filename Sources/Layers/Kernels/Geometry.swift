package import CKernels
import Tensors

/// Depth (time), height and width, always by name: axes that are only numbered get mixed up.
public struct Extent3: Hashable, Codable, Sendable, CustomStringConvertible {
  /// Steps in time.
  public var depth: Int
  /// Positions from top to bottom.
  public var height: Int
  /// Positions from left to right.
  public var width: Int

  /// In the order in which shapes are written.
  public init(_ depth: Int, _ height: Int, _ width: Int) {
    self.depth = depth
    self.height = height
    self.width = width
  }

  /// No padding, no halo.
  public static let zero = Extent3(0, 0, 0)
  /// One position along each axis.
  public static let one = Extent3(1, 1, 1)

  /// Positions.
  public var count: Int { depth * height * width }

  public var description: String { "\(depth)×\(height)×\(width)" }

  public init(from decoder: any Decoder) throws {
    // As architecture files write it: one number stands for the same along each axis.
    if let side = try? decoder.singleValueContainer().decode(Int.self) {
      self.init(side, side, side)
      return
    }
    guard (try? decoder.unkeyedContainer()) != nil else {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: decoder.codingPath,
          debugDescription: "must be a whole number or [depth, height, width]"))
    }
    let values = try [Int](from: decoder)
    guard values.count == 3 else {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: decoder.codingPath,
          debugDescription: "expected [depth, height, width], found \(values.count) numbers"))
    }
    self.init(values[0], values[1], values[2])
  }

  public func encode(to encoder: any Encoder) throws {
    try [depth, height, width].encode(to: encoder)
  }
}

/// How one sample `[D, H, W, C]` lies in memory: channels last, with `halo` positions of zeros
/// stored around it so that a convolution reads its padding like any other value.
package struct ActivationLayout: Hashable, Sendable {
  package var extent: Extent3
  package var channels: Int
  package var halo: Extent3
  package var element: Element

  package init(
    extent: Extent3, channels: Int, halo: Extent3 = .zero, element: Element = .fp32
  ) {
    self.extent = extent
    self.channels = channels
    self.halo = halo
    self.element = element
  }

  /// Bytes of one sample, halo included.
  package var sampleBytes: Int { sampleCount * element.bytes }

  /// Elements of one sample, halo included.
  package var sampleCount: Int {
    (extent.depth + 2 * halo.depth) * (extent.height + 2 * halo.height)
      * (extent.width + 2 * halo.width) * channels
  }

  /// Elements from one row to the next, halo included.
  package var rowCount: Int { (extent.width + 2 * halo.width) * channels }

  /// Elements from one depth to the next, halo included.
  package var planeCount: Int { (extent.height + 2 * halo.height) * rowCount }

  /// Elements of one sample without its halo.
  package var denseCount: Int { extent.count * channels }

  package func withHalo(_ halo: Extent3) -> ActivationLayout {
    ActivationLayout(extent: extent, channels: channels, halo: halo, element: element)
  }

  /// One frame of it, where nothing is stored between frames.
  package var oneFrame: ActivationLayout {
    precondition(halo.depth == 0, "frames lie side by side")
    return ActivationLayout(
      extent: Extent3(1, extent.height, extent.width), channels: channels, halo: halo,
      element: element)
  }

  package func with(_ element: Element) -> ActivationLayout {
    ActivationLayout(extent: extent, channels: channels, halo: halo, element: element)
  }

  /// Copies a dense sample `[D, H, W, C]` in and zeroes the halo.
  package func pad(_ dense: UnsafePointer<Float>, into padded: UnsafeMutableRawPointer) {
    var c = c
    vc_pad(&c, dense, padded)
  }

  /// Zeroes the halo of one sample.
  package func clearHalo(of padded: UnsafeMutableRawPointer) {
    var c = c
    vc_clear_halo(&c, padded)
  }

  /// Copies floats without their halo.
  package func copyInterior(
    of padded: UnsafePointer<Float>, to dense: UnsafeMutablePointer<Float>
  ) {
    var c = c
    vc_unpad(&c, padded, dense)
  }

  package var c: vc_layout {
    vc_layout(
      depth: extent.depth, height: extent.height, width: extent.width, channels: channels,
      halo_depth: halo.depth, halo_height: halo.height, halo_width: halo.width,
      element: element.c)
  }
}

/// A convolution's sizes: the one place where output extents, weights and FLOPs are computed.
///
/// Cross-correlation as in PyTorch; a 2- or 1-dimensional convolution has a kernel of 1 along the axes
/// it does not use. Padding may be other behind than before, as TensorFlow's "same" needs it.
public struct ConvolutionGeometry: Hashable, Sendable {
  /// Taps along each axis.
  public var kernel: Extent3
  /// Positions from one output to the next.
  public var stride: Extent3
  /// Zeros before the input, along each axis.
  public var padding: Extent3
  /// Channels of what it reads.
  public var inputChannels: Int
  /// Channels of what it gives.
  public var outputChannels: Int
  /// Distance between the positions that a kernel takes.
  public var dilation: Extent3
  /// Parts that channels are divided into; each sees its own only.
  public var groups: Int
  /// Zeros behind the input.
  public var paddingAfter: Extent3

  /// - Parameter paddingAfter: zeros behind the input; nil for as many as before.
  public init(
    kernel: Extent3, stride: Extent3 = .one, padding: Extent3 = .zero, inputChannels: Int,
    outputChannels: Int, dilation: Extent3 = .one, groups: Int = 1, paddingAfter: Extent3? = nil
  ) {
    self.dilation = dilation
    self.groups = groups
    self.paddingAfter = paddingAfter ?? padding
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels
  }

  /// Whether every output sees every input channel, and neighbouring positions.
  public var isPlain: Bool { groups == 1 && dilation == .one }

  /// Whether every channel has a kernel of its own.
  public var isDepthwise: Bool {
    groups > 1 && groups == inputChannels && inputChannels == outputChannels && dilation == .one
  }

  /// Zeros that have to be stored around the input.
  package var halo: Extent3 {
    Extent3(
      max(padding.depth, paddingAfter.depth), max(padding.height, paddingAfter.height),
      max(padding.width, paddingAfter.width))
  }

  /// `floor((input + padding − dilation · (kernel − 1) − 1) / stride) + 1` along each axis, padding
  /// before and behind together; nil where the kernel does not fit.
  public func outputExtent(of input: Extent3) -> Extent3? {
    func side(_ axis: KeyPath<Extent3, Int>) -> Int {
      let room =
        input[keyPath: axis] + padding[keyPath: axis] + paddingAfter[keyPath: axis]
        - dilation[keyPath: axis] * (kernel[keyPath: axis] - 1) - 1
      return room < 0 ? 0 : room / stride[keyPath: axis] + 1
    }
    let output = Extent3(side(\.depth), side(\.height), side(\.width))
    return output.count > 0 ? output : nil
  }

  /// Values of the weights `[O, I / groups, kD, kH, kW]`.
  public var weightCount: Int { outputChannels * patchCount }

  /// Values that go into one output.
  public var patchCount: Int { inputChannels / groups * kernel.count }

  /// Multiplications and additions of one sample forward.
  public func flops(output: Extent3) -> Int { 2 * output.count * weightCount }
}

extension Element {
  package var c: vc_element { self == .bf16 ? vc_bf16 : vc_fp32 }
}
