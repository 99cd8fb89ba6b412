package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const mit = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
`

// The error for a module whose licence is missing, unknown or not allowed names the module.
func TestSection(t *testing.T) {
	for _, c := range []struct{ name, file, text, want string }{
		{"allowed", "LICENSE", mit, ""},
		{"none", "README.md", mit, "example.com/m has no file with a licence"},
		{"a notice only", "NOTICE", "Made by us.", "example.com/m has no file with a licence"},
		{
			"unknown",
			"LICENSE",
			"You may look at this on Sundays.",
			"example.com/m/LICENSE is not a known licence",
		},
		{"not allowed", "COPYING", "SPDX-License-Identifier: GPL-3.0-only\n", "example.com/m/COPYING"},
		{
			"one more that is not allowed",
			"LICENSE",
			mit + "\nThis program is free software: you can redistribute it and/or modify it under the " +
				"terms of the GNU Affero General Public License as published by the Free Software " +
				"Foundation, either version 3 of the License, or (at your option) any later version.\n",
			"AGPL-3.0",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			folder := t.TempDir()
			if err := os.WriteFile(filepath.Join(folder, c.file), []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			err := section(&out, module{Path: "example.com/m", Version: "v1.0.0", Dir: folder}, nil)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}
