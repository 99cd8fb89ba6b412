package events

import "customer-events/models"

const currentKey = -1

// fingerprint tells whether two calls carry the same events, however they were written: the order of an event's fields, the
// spelling of its dates and numbers, and the token they came with do not enter. An event that could not be read enters by
// what could be read of it and by what was wrong. by tells whose hashes stand for secrets: those of today's key, or of the older
// key at that place.
func fingerprint(secrets *models.KeyedHasher, set []WebCustomerEventInput, by int) []byte {
	canonical := make([]byte, 0, 512*len(set))
	for i := range set {
		in := &set[i]
		canonical = appendText(canonical, in.RequestUniqueIdentifier)
		for _, link := range []*Reference{&in.Customer, &in.Classification, &in.Unit} {
			canonical = append(canonical, byte(link.Target.Kind), byte(link.Target.By))
			value := &link.Target.Value
			if by != currentKey && len(link.Previous) > 0 {
				value = &link.Previous[by].Value
			}
			canonical = appendText(canonical, value)
			canonical = appendText(canonical, &link.PassCode)
		}
		for f := range fields {
			if fields[f].bytes != nil {
				canonical = fields[f].bytes(canonical, &in.Row)
			}
		}
		for _, fault := range in.Problems {
			canonical = appendText(canonical, &fault.Detail)
		}
		canonical = append(canonical, 0xff)
	}
	return secrets.Fingerprint(canonical)
}
