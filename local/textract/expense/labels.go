package expense

// This file is the table of labels. To teach a language, or a word for a field,
// add it here: texts are compared without case, accents and punctuation, "#",
// "№" and "n°" are the word "no", and the longest label that fits is taken.

// Type is a standard field of Textract.
// https://docs.aws.amazon.com/textract/latest/dg/invoices-receipts.html
type Type string

// Types of summary fields.
const (
	VendorName       Type = "VENDOR_NAME"
	VendorAddress    Type = "VENDOR_ADDRESS"
	VendorPhone      Type = "VENDOR_PHONE"
	VendorURL        Type = "VENDOR_URL"
	VendorVATNumber  Type = "VENDOR_VAT_NUMBER"
	ReceiverName     Type = "RECEIVER_NAME"
	ReceiverAddress  Type = "RECEIVER_ADDRESS"
	ReceiptID        Type = "INVOICE_RECEIPT_ID"
	ReceiptDate      Type = "INVOICE_RECEIPT_DATE"
	DueDate          Type = "DUE_DATE"
	OrderDate        Type = "ORDER_DATE"
	DeliveryDate     Type = "DELIVERY_DATE"
	PaymentTerms     Type = "PAYMENT_TERMS"
	PONumber         Type = "PO_NUMBER"
	CustomerNumber   Type = "CUSTOMER_NUMBER"
	AccountNumber    Type = "ACCOUNT_NUMBER"
	TaxPayerID       Type = "TAX_PAYER_ID"
	Subtotal         Type = "SUBTOTAL"
	Discount         Type = "DISCOUNT"
	ShippingHandling Type = "SHIPPING_HANDLING_CHARGE"
	ServiceCharge    Type = "SERVICE_CHARGE"
	Gratuity         Type = "GRATUITY"
	Tax              Type = "TAX"
	Total            Type = "TOTAL"
	AmountPaid       Type = "AMOUNT_PAID"
	AmountDue        Type = "AMOUNT_DUE"
	PriorBalance     Type = "PRIOR_BALANCE"
	Other            Type = "OTHER"
)

// Types of the fields of a table's row.
const (
	Item        Type = "ITEM"
	Quantity    Type = "QUANTITY"
	UnitPrice   Type = "UNIT_PRICE"
	Price       Type = "PRICE"
	ProductCode Type = "PRODUCT_CODE"
	ExpenseRow  Type = "EXPENSE_ROW"
)

// labels are the labels of summary fields, one a line; "no" has the other
// words for a number in place of it, too. English, German, French, Spanish, and
// some of Italian, Dutch and Portuguese.
var labels = []struct {
	field Type
	shape shape
	group string // of parties
	texts string
}{
	{ReceiptID, number, "", `
		invoice no; invoice id; invoice ref; invoice reference; inv no; tax invoice no; bill no; receipt no; document no; credit note no; our invoice no
		rechnungsnummer; rechnungsnr; rechnungs no; rechnung no; rg no; re no; belegnummer; belegnr; beleg no; gutschriftsnummer
		facture no; no de facture; no facture; no de la facture; reference facture; ref facture; reference de la facture; avoir no
		factura no; no de factura; no factura; no de la factura; referencia de factura
		fattura no; no fattura; no di fattura; factuurnummer; factuurnr; factuur no; fatura no; no da fatura`},
	{ReceiptDate, date, "", `
		invoice date; date of invoice; inv date; bill date; billing date; receipt date; issue date; date of issue; date issued; issued; issued on; document date; tax date; date paid; date
		rechnungsdatum; datum der rechnung; ausstellungsdatum; belegdatum; datum
		date de facture; date de la facture; date facture; date de facturation; date d'émission; émise le; facture du; le
		fecha de factura; fecha de la factura; fecha factura; fecha de emisión; fecha de expedición; fecha emisión; fecha
		data fattura; data della fattura; data; factuurdatum; data da fatura; data de emissão`},
	{DueDate, date, "", `
		due date; date due; payment due; payment due date; payment due by; due; due by; due on; pay by; payable by; invoice due date; please pay by
		fälligkeitsdatum; fällig am; fälligkeit; zahlbar bis; zahlbar bis zum; zu zahlen bis; zahlungsziel; fällig
		date d'échéance; échéance; date limite de paiement; à payer avant le; payable avant le; payable le; à régler avant le
		fecha de vencimiento; vencimiento; fecha vencimiento; vence el; vence; fecha límite de pago; pagar antes del
		data di scadenza; scadenza; vervaldatum; te betalen voor; data de vencimento; vencimento`},
	{OrderDate, date, "", `order date; date of order; bestelldatum; auftragsdatum; date de commande; date de la commande; fecha de pedido; fecha del pedido; orderdatum`},
	{DeliveryDate, date, "", `delivery date; date of delivery; ship date; shipping date; date of supply; service date; lieferdatum; leistungsdatum; date de livraison; fecha de entrega; leverdatum`},
	{PONumber, number, "", `
		po no; p.o. no; po; p.o.; purchase order; purchase order no; your order; your order no; customer po; order no; your po no; your reference; your ref
		bestellnummer; bestellnr; bestell no; bestellung no; auftragsnummer; auftragsnr; auftrags no; ihre bestellung; ihre bestellnummer; ihr zeichen
		bon de commande; bon de commande no; no de commande; commande no; votre commande; votre référence; no de bon de commande
		no de pedido; pedido no; orden de compra; orden de compra no; no de orden; su pedido; su referencia; pedido
		ordine no; no ordine; bestelnummer`},
	{CustomerNumber, number, "", `
		customer no; customer id; client no; client id; kundennummer; kundennr; kunden no; no client; no de client; code client; client no
		no de cliente; cliente no; código de cliente; klantnummer`},
	{AccountNumber, number, "", `account no; acct no; account; kontonummer; kontonr; konto no; no de compte; no de cuenta; cuenta no`},
	{VendorVATNumber, number, "", `
		vat no; vat id; vat registration no; vat reg no; vat reg; our vat no; ust id; ust idnr; ust id no; umsatzsteuer id; mwst no; uid
		no tva; no de tva; tva intracommunautaire; no tva intracommunautaire; no de tva intracommunautaire; tva intra
		nif; cif; n.i.f.; c.i.f.; nif iva; no iva; partita iva; p iva; btw no; btw nummer`},
	{TaxPayerID, number, "", `tax id; tax no; ein; tin; federal tax id; tax registration no; tax payer id; taxpayer id; steuernummer; steuernr; steuer no; st no; no fiscal; siret; siren; no siret; gst no; gstin; abn`},
	{PaymentTerms, anyText, "", `
		payment terms; terms; terms of payment; zahlungsbedingungen; zahlungsbedingung; zahlungskonditionen
		conditions de paiement; conditions de règlement; modalités de paiement; condiciones de pago; forma de pago; términos de pago; condizioni di pagamento; betalingsvoorwaarden`},
	{VendorPhone, number, "", `phone; phone no; tel; telephone; telefon; téléphone; tél; teléfono; telefono`},
	{Subtotal, amount, "", `
		subtotal; sub total; net total; total net; net amount; total before tax; total excl vat; total excluding vat; total excl tax; total ex vat; amount before tax; taxable amount; net; total net amount; invoice subtotal
		zwischensumme; nettobetrag; summe netto; netto; netto gesamt; gesamt netto; nettosumme; netto summe; gesamtbetrag netto; summe ohne mwst; rechnungsbetrag netto; warenwert
		sous total; sous-total; total ht; total hors taxes; montant ht; total h.t.; montant hors taxes; total net ht; base ht; sous total ht
		base imponible; total sin iva; subtotal sin iva; importe neto; total neto; suma; importe base
		imponibile; totale imponibile; totaal excl btw; subtotaal`},
	{Discount, amount, "", `discount; less discount; rabatt; nachlass; skonto; remise; escompte; descuento; dto; sconto; korting; desconto`},
	{ShippingHandling, amount, "", `
		shipping; shipping and handling; shipping handling; freight; delivery; delivery charge; postage; postage and packing; s h; carriage
		versand; versandkosten; fracht; porto; lieferkosten; frais de port; livraison; frais de livraison; port; transport; gastos de envío; envío; portes; spese di spedizione; verzendkosten`},
	{ServiceCharge, amount, "", `service charge; service fee; bearbeitungsgebühr; servicegebühr; frais de service; frais de dossier; cargo por servicio; gastos de gestión`},
	{Gratuity, amount, "", `gratuity; tip; trinkgeld; pourboire; propina`},
	{Tax, amount, "", `
		tax; vat; sales tax; gst; hst; pst; total tax; total vat; tax total; vat total; vat amount; tax amount; vat at; plus vat; value added tax; tax rate; incl; including; thereof
		mwst; ust; mehrwertsteuer; umsatzsteuer; zzgl mwst; zzgl ust; zuzüglich mwst; mwst betrag; steuerbetrag; gesamt mwst; summe mwst; steuer; zzgl; mwst satz; plus mwst; inkl; davon; darin enthalten; enthaltene mwst; enthaltene ust
		tva; total tva; montant tva; t.v.a.; taxe; taxes; montant de la tva; tva à; dont tva
		iva; total iva; importe iva; cuota iva; i.v.a.; cuota; impuesto; impuestos; importe del iva
		imposta; btw; btw bedrag; totale iva`},
	{Total, amount, "", `
		total; grand total; invoice total; total amount; total incl vat; total including vat; total incl tax; total inc vat; total with tax; amount; gross; gross total; total gross; total invoice amount; invoice amount; gross amount; total to pay; amount payable; total payable
		gesamtbetrag; gesamt; gesamtsumme; rechnungsbetrag; rechnungssumme; endbetrag; summe; bruttobetrag; brutto; gesamt brutto; summe brutto; gesamtbetrag brutto; bruttosumme; endsumme; rechnungsbetrag brutto; gesamt inkl mwst; gesamtbetrag inkl mwst; summe inkl mwst
		total ttc; montant ttc; total t.t.c.; total toutes taxes comprises; montant total; total général; montant total ttc; total facture; total de la facture
		importe total; total factura; total de la factura; total con iva; total iva incluido; total general; total a pagar; importe a pagar; total importe
		totale; totale fattura; totale documento; totaal; totaal incl btw; totaalbedrag; total da fatura`},
	{AmountPaid, amount, "", `amount paid; paid; payments; payment received; less payments; total paid; bezahlt; anzahlung; bereits gezahlt; déjà payé; acompte; acompte versé; montant payé; pagado; anticipo; importe pagado`},
	{AmountDue, amount, "", `
		amount due; balance due; total due; balance; amount outstanding; please pay; total amount due; outstanding balance; net payable
		zahlbetrag; zu zahlen; zu zahlender betrag; offener betrag; restbetrag; noch zu zahlen; fälliger betrag
		net à payer; montant à payer; reste à payer; solde; solde dû; montant dû; total à payer; à payer; net à payer ttc; solde à payer
		saldo; pendiente de pago; importe pendiente; saldo pendiente; importe adeudado; líquido a pagar
		importo da pagare; te betalen; saldo da pagare; valor a pagar`},
	{PriorBalance, amount, "", `previous balance; prior balance; balance forward; balance brought forward; vorheriger saldo; übertrag; solde précédent; saldo anterior`},
	{ReceiverName, party, "RECEIVER_BILL_TO", `
		bill to; billed to; invoice to; invoiced to; sold to; customer; customer name; client; buyer; attn; attention; to; bill to address; billing address
		rechnung an; rechnungsempfänger; rechnungsadresse; kunde; empfänger; an; auftraggeber; käufer; rechnungsanschrift
		facturé à; facturer à; client; adresse de facturation; destinataire; à l'attention de; acheteur; adressé à
		facturar a; facturado a; cliente; dirección de facturación; destinatario; datos del cliente; a la atención de; comprador
		fatturato a; spett le; klant; factuuradres; faturado a`},
	{ReceiverName, party, "RECEIVER_SHIP_TO", `
		ship to; deliver to; delivery address; shipping address; shipped to; lieferadresse; lieferanschrift; lieferung an; versand an
		livré à; livrer à; adresse de livraison; enviar a; dirección de envío; dirección de entrega; entregar en; bezorgadres`},
	{VendorName, party, "VENDOR_SUPPLIER", `
		from; vendor; supplier; seller; issued by; vendor name; supplier name; service provider; billed by
		absender; verkäufer; lieferant; rechnungssteller; von; aussteller; leistungserbringer; auftragnehmer
		fournisseur; vendeur; émetteur; émis par; de; prestataire; émetteur de la facture
		proveedor; vendedor; emisor; emitido por; datos del emisor; fornitore; leverancier`},
	{VendorName, party, "VENDOR_REMIT_TO", `remit to; remit payment to; pay to; payable to; please remit to; make payment to; make checks payable to; zahlbar an; zahlungsempfänger; kontoinhaber; à l'ordre de; payable à; pagar a; pagadero a; beneficiario; titular`},
}

// titles are what documents are called. A title with a number behind it is weak
// evidence that the number is the document's; it never names anybody.
const titles = `
	no; invoice; tax invoice; commercial invoice; proforma invoice; receipt; bill; statement; credit note; sales invoice; credit memo; sales receipt; invoice original; original; copy; page
	rechnung; gutschrift; quittung; beleg; kassenbon; schlussrechnung; teilrechnung; abschlagsrechnung; seite
	facture; facture d'acompte; avoir; reçu; ticket; note de crédit; note d'honoraires
	factura; factura simplificada; recibo; nota de crédito; abono; factura rectificativa; página
	fattura; ricevuta; factuur; creditnota; fatura; thank you; merci; danke; gracias; paid; bezahlt; payé; pagado; duplicate; draft`

// columns are the headings of a table's columns.
var columns = []struct {
	field Type
	texts string
}{
	{Item, `description; item description; items; product; products; service; services; article; details; particulars; description of goods; product description; product name; item name; description of services; goods; service description; name; activity; work
		bezeichnung; beschreibung; artikel; leistung; artikelbezeichnung; leistungsbeschreibung; produkt; warenbezeichnung; text; leistungen
		désignation; libellé; prestation; prestations; produit; produits; intitulé; description des produits
		descripción; concepto; artículo; producto; servicio; detalle; conceptos
		descrizione; omschrijving; descrição; prodotto; item`},
	{Quantity, `qty; quantity; hours; hrs; units; qty hrs; hours qty; qty hours; no of units; count; hrs qty
		menge; anzahl; stunden; std; stk; stück
		quantité; qté; heures; nombre; nbre; nb
		cantidad; cant; uds; unidades; horas; ud
		quantità; qta; aantal; quantidade; qtd`},
	{UnitPrice, `unit price; rate; unit cost; price unit; each; cost; price each; price per unit; unit rate; hourly rate; rate hour; unit amount; price
		einzelpreis; preis; e preis; einheitspreis; stückpreis; ep; preis stk; einzel; preis einheit; stundensatz
		prix unitaire; pu; p.u.; pu ht; p.u. ht; prix unitaire ht; prix unit ht; prix unit; prix; tarif; prix u; taux horaire
		precio unitario; precio; p unit; precio ud; precio unidad; tarifa; p unitario; precio unit
		prezzo unitario; prezzo; stuksprijs; prijs; preço unitário; preço`},
	{Price, `amount; total; line total; total price; net amount; extended price; ext price; extended; line amount; item total; subtotal; net; total amount; net total; net price; sum; total cost; value
		betrag; gesamt; gesamtpreis; summe; g preis; gesamtbetrag; netto; nettobetrag; gp; gesamt netto; netto betrag
		montant; montant ht; total ht; prix total; prix total ht; total; montant net; montant total; montant total ht
		importe; total; importe total; subtotal; precio total; importe neto
		importo; totale; bedrag; totaal; valor; valor total`},
	{ProductCode, `sku; code; item no; item code; product code; part no; part; item id; product no; product id; catalog no; article no; stock code; model
		artikelnummer; artikelnr; artikel no; art no; artnr; bestellnummer
		référence; réf; ref; code article; code produit; no article; ref article
		referencia; código; cod; cód; codice`},
	{Other, `vat; tax; vat rate; tax rate; vat amount; tax amount; discount; unit; uom; no; line; pos; position; date; gst; taxed; tax code; disc; gross; gross amount; period; type; staff; weight; #
		mwst; ust; steuer; rabatt; einheit; einh; brutto; me; datum; lfd no; mwst satz; ust satz
		tva; taux tva; remise; unité; total ttc; montant ttc; taux; prix ttc; ligne; taux de tva
		iva; dto; descuento; unidad; importe iva; tipo iva; línea; fecha
		sconto; btw; eenheid`},
}

// numbers are the words that "no" stands for in the tables above.
const numbers = "no; nr; num; number; nummer; numéro; numero; número; ndeg; nbr"

// legalForms tell a company by the end of its name.
const legalForms = `ltd; limited; llc; inc; corp; corporation; co; plc; llp; lp; gmbh; ag; kg; ohg; gbr; ug; ek; se; mbh; sarl; sas; sasu; sa; eurl; snc; sci; sl; slu; sc; srl; spa; sapa; bv; nv; vof; oy; oyj; ab; as; aps; a s; lda; pty; pte; pvt; kft; sro; doo; dd; ood; eood; sp z o o; company; group; verein; stiftung; foundation`
