import Foundation

/// A folder of images as a decoder process has it: the program opens them one by one, a few ahead of
/// their turn, so that neither waits for the other.
final class LentImages: ImageFiles {
  let listing: ImageListing
  private let link: ServiceLink
  /// Opened ahead, in the order of their turns.
  private var ahead: [(number: Int, loan: ServiceLink.Loan)] = []

  /// Images a program opens at a time.
  static let mostAtOnce = 16

  init(_ listing: ImageListing, link: ServiceLink) {
    self.listing = listing
    self.link = link
  }

  deinit { giveBack() }

  func open(_ number: Int, before next: ArraySlice<Int>) throws(DecodeError) -> SourceFile {
    if ahead.first?.number != number {
      giveBack()
      let numbers = [number] + next.prefix(LentImages.mostAtOnce - 1)
      ahead = Array(zip(numbers, link.borrow(numbers)))
    }
    let descriptor = try ahead.removeFirst().loan.get()
    return try SourceFile(descriptor: descriptor, path: listing.path(number))
  }

  func checkUnchanged() throws(DecodeError) { try link.compare() }

  private func giveBack() {
    for case (_, .success(let descriptor)) in ahead { close(descriptor) }
    ahead = []
  }
}
