package events

import "customer-events/models"

// fingerprint tells whether two calls carry the same events, however they were written: the order of an event's fields, the
// spelling of its dates and numbers, and the token they came with do not enter. An event that could not be read enters by
// what could be read of it and by what was wrong.
func fingerprint(secrets *models.Secrets, set []WebCustomerEventInput) []byte {
	canonical := make([]byte, 0, 512*len(set))
	for i := range set {
		in := &set[i]
		canonical = appendText(canonical, in.RequestUniqueIdentifier)
		for _, link := range []*Link{&in.Customer, &in.Classification, &in.Unit} {
			canonical = append(canonical, byte(link.To.Kind), byte(link.To.By))
			canonical = appendText(canonical, &link.To.Value)
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
