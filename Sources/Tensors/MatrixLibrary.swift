internal import COpenBLAS

/// The library of matrix products that this process runs with.
public enum MatrixLibrary {
  /// Its version and how it was built, and the processor whose kernels it has chosen.
  public static var description: String {
    "\(String(cString: openblas_get_config())) (kernels for \(String(cString: openblas_get_corename())))"
  }
}
