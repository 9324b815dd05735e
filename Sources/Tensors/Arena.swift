import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// One block of memory that a plan is laid out in: zeroed, page-aligned, huge pages advised.
///
/// Memory is mapped, not taken from the allocator, so that a step's buffers are faulted in once
/// and stay. `~Copyable`: the one owner unmaps it.
package struct Arena: ~Copyable {
  package let base: UnsafeMutableRawPointer
  /// Bytes, a whole number of pages.
  package let byteCount: Int

  /// Floats (or their bytes) that kernels may read past the end of a buffer.
  package static let readSlack = 64 * MemoryLayout<Float>.size

  package init(byteCount wanted: Int) throws(TensorError) {
    let page = 4096
    let count = max(page, (wanted + Arena.readSlack + page - 1) / page * page)
    let flags = MAP_PRIVATE | MAP_ANONYMOUS
    guard let mapped = mmap(nil, count, PROT_READ | PROT_WRITE, flags, -1, 0), mapped != MAP_FAILED
    else {
      throw TensorError(
        code: .outOfMemory,
        message: "\(count >> 20) MiB of memory for the network could not be had "
          + "(\(String(cString: strerror(errno)))): use a smaller `batchSize` or `size`")
    }
    #if os(Linux)
      madvise(mapped, count, MADV_HUGEPAGE)
    #endif
    base = mapped
    byteCount = count
  }

  deinit { munmap(base, byteCount) }

  /// The floats at a byte offset.
  package func floats(at offset: Int, count: Int) -> UnsafeMutableBufferPointer<Float> {
    precondition(offset >= 0 && offset + count * MemoryLayout<Float>.size <= byteCount)
    return UnsafeMutableBufferPointer(
      start: (base + offset).assumingMemoryBound(to: Float.self), count: count)
  }
}
