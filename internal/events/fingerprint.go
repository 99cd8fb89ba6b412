package events

import "customer-events/models"

const today = -1

// fingerprint tells whether two calls carry the same events, however they were written: the order of an event's fields, the
// spelling of its dates and numbers, and the token they came with do not enter. An event that could not be read enters by
// what could be read of it and by what was wrong. by tells whose hashes stand for secrets: those of today's key, or of the older
// key at that place.
func fingerprint(secrets *models.Secrets, set []WebCustomerEventInput, by int) []byte {
	canonical := make([]byte, 0, 512*len(set))
	for i := range set {
		in := &set[i]
		canonical = appendText(canonical, in.RequestUniqueIdentifier)
		for _, link := range []*Link{&in.Customer, &in.Classification, &in.Unit} {
			canonical = append(canonical, byte(link.To.Kind), byte(link.To.By))
			value := &link.To.Value
			if by != today && len(link.Older) > 0 {
				value = &link.Older[by].Value
			}
			canonical = appendText(canonical, value)
			canonical = appendText(canonical, &link.PassCode)
		}
		for f := range fields {
			if fields[f].bytes != nil {
				canonical = fields[f].bytes(canonical, &in.Row)
			}
		}
		for _, fault := range in.Faults {
			canonical = appendText(canonical, &fault.What)
		}
		canonical = append(canonical, 0xff)
	}
	return secrets.Fingerprint(canonical)
}
