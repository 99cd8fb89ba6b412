package events

import (
	"bytes"
	"encoding/binary"
	"math"
	"time"

	"customer-events/models"
)

// Naming chooses between the two spellings of the fields: GraphQL's and the Web API's.
type Naming int

// The two spellings.
const (
	GraphQL Naming = iota
	Wire
)

// The lengths that texts may have, in characters.
const (
	MaxShortText   = 255
	MaxDescription = 4000
	MaxWebsite     = 2048
)

// field is one field of a web customer event: the only description of it there is. Decoding, comparing a resent event with
// the recorded one, and fingerprints all go by this list.
type field struct {
	names     [2]string
	paths     [2][]string // each name as a path, made once for all events
	mandatory bool
	// read consumes the field's value, which is not null, and puts it into the event.
	read func(d *reader, f *field, in *WebCustomerEventInput) error
	// given reports whether a mandatory field has a value.
	given func(in *WebCustomerEventInput) bool
	// bytes appends what the field says, for comparing; nil for fields that are not recorded.
	bytes func(to []byte, row *models.WebCustomerEvent) []byte
}

// fields are in the order in which missing ones are reported.
var fields = []field{
	{names: both("requestUniqueIdentifier", "request_unique_identifier"), mandatory: true, read: readRequestIdentifier,
		given: func(in *WebCustomerEventInput) bool { return in.RequestUniqueIdentifier != nil }},
	{names: both("accountsReceivableIdentifier", "accounts_receivable_identifier"), read: customer(accountUnion),
		bytes: func(to []byte, row *models.WebCustomerEvent) []byte { return appendKey(to, &row.AccountKey) }},
	{names: both("rewardsParticipantIdentifier", "rewards_participant_identifier"), read: customer(participantUnion),
		bytes: func(to []byte, row *models.WebCustomerEvent) []byte { return appendKey(to, row.ParticipantKey) }},
	{names: both("classificationIdentifier", "classification_identifier"),
		read:  union(classificationUnion, func(in *WebCustomerEventInput) *Link { return &in.Classification }),
		bytes: func(to []byte, row *models.WebCustomerEvent) []byte { return appendKey(to, row.ClassificationKey) }},
	{names: both("performedByUnitIdentifier", "performed_by_unit_identifier"), mandatory: true,
		read:  union(unitUnion, func(in *WebCustomerEventInput) *Link { return &in.Unit }),
		given: func(in *WebCustomerEventInput) bool { return in.Unit.Given },
		bytes: func(to []byte, row *models.WebCustomerEvent) []byte { return appendKey(to, &row.UnitKey) }},
	{names: both("performedOn", "performed_on"), mandatory: true, read: readPerformedOn,
		given: func(in *WebCustomerEventInput) bool { return !in.Row.PerformedOn.IsZero() },
		bytes: func(to []byte, row *models.WebCustomerEvent) []byte { return appendTime(to, &row.PerformedOn) }},
	{names: both("website", "website"), mandatory: true, read: readWebsite,
		given: func(in *WebCustomerEventInput) bool { return in.Row.Website != "" },
		bytes: func(to []byte, row *models.WebCustomerEvent) []byte { return appendText(to, &row.Website) }},
	text(both("description", "description"), MaxDescription, func(e *models.EventDetails) **string { return &e.Description }),
	name(both("externalSystem", "external_system"), func(e *models.EventDetails) **string { return &e.ExternalSystem }),
	name(both("externalSystemReferenceNumber", "external_system_reference_number"), func(e *models.EventDetails) **string { return &e.ExternalSystemReferenceNumber }),
	text(both("udfString1", "udf_string_1"), MaxShortText, func(e *models.EventDetails) **string { return &e.UDFString1 }),
	text(both("udfString2", "udf_string_2"), MaxShortText, func(e *models.EventDetails) **string { return &e.UDFString2 }),
	text(both("udfString3", "udf_string_3"), MaxShortText, func(e *models.EventDetails) **string { return &e.UDFString3 }),
	text(both("udfString4", "udf_string_4"), MaxShortText, func(e *models.EventDetails) **string { return &e.UDFString4 }),
	text(both("udfString5", "udf_string_5"), MaxShortText, func(e *models.EventDetails) **string { return &e.UDFString5 }),
	text(both("udfString6", "udf_string_6"), MaxShortText, func(e *models.EventDetails) **string { return &e.UDFString6 }),
	text(both("udfString7", "udf_string_7"), MaxShortText, func(e *models.EventDetails) **string { return &e.UDFString7 }),
	text(both("udfString8", "udf_string_8"), MaxShortText, func(e *models.EventDetails) **string { return &e.UDFString8 }),
	float(both("udfFloat1", "udf_float_1"), func(e *models.EventDetails) **float64 { return &e.UDFFloat1 }),
	float(both("udfFloat2", "udf_float_2"), func(e *models.EventDetails) **float64 { return &e.UDFFloat2 }),
	float(both("udfFloat3", "udf_float_3"), func(e *models.EventDetails) **float64 { return &e.UDFFloat3 }),
	float(both("udfFloat4", "udf_float_4"), func(e *models.EventDetails) **float64 { return &e.UDFFloat4 }),
	date(both("udfDate1", "udf_date_1"), func(e *models.EventDetails) **time.Time { return &e.UDFDate1 }),
	date(both("udfDate2", "udf_date_2"), func(e *models.EventDetails) **time.Time { return &e.UDFDate2 }),
	date(both("udfDate3", "udf_date_3"), func(e *models.EventDetails) **time.Time { return &e.UDFDate3 }),
	date(both("udfDate4", "udf_date_4"), func(e *models.EventDetails) **time.Time { return &e.UDFDate4 }),
}

// fieldByName finds a field's place in fields, for each spelling. Making it completes the fields.
var fieldByName = func() (index [2]map[string]int) {
	for naming := range index {
		index[naming] = make(map[string]int, len(fields))
		for i := range fields {
			index[naming][fields[i].names[naming]] = i
			fields[i].paths[naming] = []string{fields[i].names[naming]}
		}
	}
	return index
}()

func both(graphQL, wire string) [2]string { return [2]string{graphQL, wire} }

func text(names [2]string, most int, at func(*models.EventDetails) **string) field {
	return field{names: names, read: readText(most, at),
		bytes: func(to []byte, row *models.WebCustomerEvent) []byte {
			return appendText(to, *at(&row.EventDetails))
		}}
}

// name is a text that names something: a blank one names nothing and is the same as none.
func name(names [2]string, at func(*models.EventDetails) **string) field {
	f := text(names, MaxShortText, at)
	f.read = readName(at)
	return f
}

func float(names [2]string, at func(*models.EventDetails) **float64) field {
	return field{names: names, read: readFloat(at),
		bytes: func(to []byte, row *models.WebCustomerEvent) []byte {
			if value := *at(&row.EventDetails); value != nil {
				return binary.BigEndian.AppendUint64(append(to, 1), math.Float64bits(*value))
			}
			return append(to, 0)
		}}
}

func date(names [2]string, at func(*models.EventDetails) **time.Time) field {
	return field{names: names, read: readDate(at),
		bytes: func(to []byte, row *models.WebCustomerEvent) []byte {
			return appendTime(to, *at(&row.EventDetails))
		}}
}

func appendText(to []byte, value *string) []byte {
	if value == nil {
		return append(to, 0)
	}
	return append(binary.BigEndian.AppendUint32(append(to, 1), uint32(len(*value))), *value...)
}

func appendTime(to []byte, value *time.Time) []byte {
	if value == nil {
		return append(to, 0)
	}
	return binary.BigEndian.AppendUint64(append(to, 1), uint64(value.UnixMicro()))
}

func appendKey(to []byte, value *int64) []byte {
	if value == nil {
		return append(to, 0)
	}
	return binary.BigEndian.AppendUint64(append(to, 1), uint64(*value))
}

// differences names the fields in which two events are not equal.
func differences(a, b *models.WebCustomerEvent, naming Naming) (names []string) {
	var left, right [64]byte
	for i := range fields {
		if f := &fields[i]; f.bytes != nil && !bytes.Equal(f.bytes(left[:0], a), f.bytes(right[:0], b)) {
			names = append(names, f.names[naming])
		}
	}
	return names
}
