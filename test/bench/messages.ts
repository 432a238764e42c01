/** Messages of the sizes that hl7-fhir measurements are usually given for; everything in them is invented. */

/** About 1.5 kB, 12 segments. */
export function admission (controlId: string): string {
  return [
    `MSH|^~\\&|HIS|EAST|YIQIAO|EAST|20270301083000+0800||ADT^A01^ADT_A01|${controlId}|P|2.5.1|||||CHN|UNICODE UTF-8`,
    'EVN|A01|20270301083000+0800||01|OP1^Operator^One',
    'PID|1||E100001^^^EAST^MR~S0001^^^EAST^PI||Wang^Example^^^^^L||19800102|M|||1 Invented Road^^Somewhere^ZJ^310000^CHN^H||^PRN^PH^^^0571^00000001|||M|||||||||||||CHN',
    'PD1||||D1001^Li^Doctor',
    'NK1|1|Wang^Relative|SPO^Spouse^HL70063|1 Invented Road^^Somewhere^ZJ^310000^CHN|^PRN^PH^^^0571^00000002',
    'PV1|1|I|W3^301^1^EAST|R|||D1001^Li^Doctor^^^^^^EAST|D1002^Zhao^Doctor||MED|||||||D1001^Li^Doctor|IP|V100001^^^EAST^VN|||||||||||||||||||||||||20270301083000+0800',
    'PV2|||R07.4^Chest pain^ICD-10||||||20270305|4',
    'OBX|1|NM|8302-2^Body height^LN||172|cm^cm^UCUM|||||F|||20270301082500+0800||N1^Nurse^Example||||||EAST^^^^^^^^^EAST|1 Invented Road^^Somewhere^ZJ^310000^CHN',
    'OBX|2|NM|29463-7^Body weight^LN||70.5|kg^kg^UCUM|||||F|||20270301082500+0800||N1^Nurse^Example||||||EAST^^^^^^^^^EAST|1 Invented Road^^Somewhere^ZJ^310000^CHN',
    'AL1|1|DA|PEN^Penicillin^L|SV|Rash|20100101',
    'DG1|1||R07.4^Chest pain^ICD-10|Chest pain|20270301083000+0800|A',
    'IN1|1|BASIC^Basic medical insurance|ZJ01|Invented Insurance Fund|||||||20270101|20271231|||Wang^Example|SEL^Self^HL70063|19800102'
  ].join('\r') + '\r'
}

/** One report with as many observations as asked for. */
export function report (controlId: string, observations: number): string {
  const lines = [
    `MSH|^~\\&|LIS|EAST|YIQIAO|EAST|20270301100000+0800||ORU^R01^ORU_R01|${controlId}|P|2.5.1|||||CHN|UNICODE UTF-8`,
    'PID|1||E100001^^^EAST^MR||Wang^Example||19800102|M',
    'PV1|1|O|CLINIC^1^1^EAST||||D1001^Li^Doctor|||MED||||||||OP|V100001^^^EAST^VN',
    'ORC|RE|P1^HIS|F1^LIS||CM||||20270301093000+0800|||D1001^Li^Doctor',
    'OBR|1|P1^HIS|F1^LIS|58410-2^CBC panel^LN|||20270301093000+0800|||||||||D1001^Li^Doctor||||||20270301100000+0800||LAB|F'
  ]
  for (let index = 1; index <= observations; index++) {
    lines.push(`OBX|${index}|NM|${1000 + index}-1^Invented analyte ${index}^LN||${(index % 97) / 10 + 1}|mmol/L^mmol/L^UCUM|1.0-9.9|N|||F|||20270301095500+0800||D1001^Li^Doctor`)
  }
  return lines.join('\r') + '\r'
}

/** One charge line of a patient; every number its own. */
export function charge (serial: number | string, patient: number, hospital = 'EAST'): string {
  return [
    `MSH|^~\\&|HIS|${hospital}|YIQIAO|${hospital}|20270301110000+0800||DFT^P03^DFT_P03|C${serial}|P|2.5.1|||||CHN|UNICODE UTF-8`,
    'EVN|P03|20270301110000+0800',
    `PID|1||B${patient}^^^${hospital}^MR||Bench^Patient${patient}||19800102|M`,
    `PV1|1|O|CLINIC^1^1^${hospital}||||D1001^Li^Doctor|||MED||||||||OP|BV${patient}^^^${hospital}^VN`,
    `FT1|1|BT${serial}||20270301105500+0800|20270301110000+0800|CG|LAB01^Blood count^L|||1|25.80&CNY|25.80&CNY`
  ].join('\r') + '\r'
}
