// After the scripts that add sections.
report.show();
