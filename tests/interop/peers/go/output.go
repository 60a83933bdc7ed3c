// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"sync"
)

type fields map[string]any

// output writes whole lines; events are dropped with --quiet.
type output struct {
	mu    sync.Mutex
	quiet bool
}

func newOutput(quiet bool) *output { return &output{quiet: quiet} }

func (o *output) line(f fields) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(f); err != nil {
		fatal(err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	os.Stdout.Write(b.Bytes())
}

func (o *output) event(f fields) {
	if !o.quiet {
		o.line(f)
	}
}
