package app

import "runtime/debug"

// revision returns the commit that the program was built from, or "unknown". A build in a checkout
// knows it from the go command, a release and the image from the linker.
func (b Build) revision() string {
	if b.Commit != "" {
		return b.Commit
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" {
				return setting.Value
			}
		}
	}
	return "unknown"
}
