package telemetry

import (
	"testing"
	"time"
)

// The buckets must reach beyond the longest call, or no quantile shows it.
func TestDurationBuckets(t *testing.T) {
	t.Parallel()
	for timeout, least := range map[time.Duration]float64{30 * time.Second: 120, 10 * time.Minute: 630} {
		t.Run(timeout.String(), func(t *testing.T) {
			buckets := durationBuckets(timeout)
			if last := buckets[len(buckets)-1]; last < least || last > 2*least || buckets[0] != 0.001 {
				t.Errorf("%v", buckets)
			}
		})
	}
}
