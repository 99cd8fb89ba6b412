package store

import (
	"strings"
	"time"

	"customer-events/models"
)

// eventColumn is a column of web_customer_events: its name, and the field of an event that it stores.
type eventColumn struct {
	name  string
	value eventValue
}

// eventValue is a field of an event, accessed by its type. Each dialect's file has the method that writes
// the type for that dialect.
type eventValue interface {
	mysqlValue
	sqliteValue
}

// The types of columns. A nil pointer or slice is NULL.
type (
	idColumn    func(*models.WebCustomerEvent) *models.ID
	keyColumn   func(*models.WebCustomerEvent) *int64
	textColumn  func(*models.WebCustomerEvent) *string
	floatColumn func(*models.WebCustomerEvent) *float64
	timeColumn  func(*models.WebCustomerEvent) *time.Time
	bytesColumn func(*models.WebCustomerEvent) []byte
)

// eventColumns are the columns that an INSERT of events sets. The database sets the one other column,
// number. The text of every INSERT, the literals for MySQL with their size, and the rows for SQLite
// follow from this table. gorm reads the columns by their names.
var eventColumns = []eventColumn{
	{"id", idColumn(func(e *models.WebCustomerEvent) *models.ID { return &e.ID })},
	{"account_key", keyColumn(func(e *models.WebCustomerEvent) *int64 { return &e.AccountKey })},
	{"participant_key", keyColumn(func(e *models.WebCustomerEvent) *int64 { return e.ParticipantKey })},
	{"classification_key", keyColumn(func(e *models.WebCustomerEvent) *int64 { return e.ClassificationKey })},
	{"unit_key", keyColumn(func(e *models.WebCustomerEvent) *int64 { return &e.UnitKey })},
	{"performed_on", timeColumn(func(e *models.WebCustomerEvent) *time.Time { return &e.PerformedOn })},
	{"website", textColumn(func(e *models.WebCustomerEvent) *string { return &e.Website })},
	{"description", textColumn(func(e *models.WebCustomerEvent) *string { return e.Description })},
	{"external_system", textColumn(func(e *models.WebCustomerEvent) *string { return e.ExternalSystem })},
	{"external_system_reference_number", textColumn(func(e *models.WebCustomerEvent) *string {
		return e.ExternalSystemReferenceNumber
	})},
	{"udf_string_1", textColumn(func(e *models.WebCustomerEvent) *string { return e.UDFString1 })},
	{"udf_string_2", textColumn(func(e *models.WebCustomerEvent) *string { return e.UDFString2 })},
	{"udf_string_3", textColumn(func(e *models.WebCustomerEvent) *string { return e.UDFString3 })},
	{"udf_string_4", textColumn(func(e *models.WebCustomerEvent) *string { return e.UDFString4 })},
	{"udf_string_5", textColumn(func(e *models.WebCustomerEvent) *string { return e.UDFString5 })},
	{"udf_string_6", textColumn(func(e *models.WebCustomerEvent) *string { return e.UDFString6 })},
	{"udf_string_7", textColumn(func(e *models.WebCustomerEvent) *string { return e.UDFString7 })},
	{"udf_string_8", textColumn(func(e *models.WebCustomerEvent) *string { return e.UDFString8 })},
	{"udf_float_1", floatColumn(func(e *models.WebCustomerEvent) *float64 { return e.UDFFloat1 })},
	{"udf_float_2", floatColumn(func(e *models.WebCustomerEvent) *float64 { return e.UDFFloat2 })},
	{"udf_float_3", floatColumn(func(e *models.WebCustomerEvent) *float64 { return e.UDFFloat3 })},
	{"udf_float_4", floatColumn(func(e *models.WebCustomerEvent) *float64 { return e.UDFFloat4 })},
	{"udf_date_1", timeColumn(func(e *models.WebCustomerEvent) *time.Time { return e.UDFDate1 })},
	{"udf_date_2", timeColumn(func(e *models.WebCustomerEvent) *time.Time { return e.UDFDate2 })},
	{"udf_date_3", timeColumn(func(e *models.WebCustomerEvent) *time.Time { return e.UDFDate3 })},
	{"udf_date_4", timeColumn(func(e *models.WebCustomerEvent) *time.Time { return e.UDFDate4 })},
	{"created_at", timeColumn(func(e *models.WebCustomerEvent) *time.Time { return &e.CreatedAt })},
	{"created_by_key", keyColumn(func(e *models.WebCustomerEvent) *int64 { return &e.CreatedByKey })},
	{"identifiers_hash", bytesColumn(func(e *models.WebCustomerEvent) []byte { return e.IdentifiersHash })},
}

// eventColumnList is the list of the columns as SQL.
var eventColumnList = func() string {
	names := make([]string, len(eventColumns))
	for i, column := range eventColumns {
		names[i] = column.name
	}
	return strings.Join(names, ", ")
}()
