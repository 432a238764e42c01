/*
  Views for Yiqiao on the side of the HIS: an example to adapt. SQL Server 2016 or later.
  适配模板:请将示例中的 HIS 基表和字段换成本院的。

  The base tables here (dbo.BRXX, dbo.BRZP, dbo.MZJZ, dbo.KSXX, dbo.FYMX, dbo.YSPB, dbo.PDJL, dbo.YCWZ) are fictitious. Each has a column
  SJC of the type rowversion. Run in the database of these tables: rowversions and MIN_ACTIVE_ROWVERSION() belong to one
  database, so a view of another database's tables must leave row_version out.

  Never tried on a SQL Server by us: have the DBA of the hospital read and try it.
*/
create schema yiqiao authorization dbo;
go

-- One row a record number (病历号). A record that was merged away stays, with merged_into.
create or alter view yiqiao.patients as
select
  cast(b.BRH as nvarchar(40)) as patient_no,
  cast(b.XM as nvarchar(100)) as name,
  cast(b.XB as nvarchar(10)) as sex,               -- 1 2 9, 男 女, M F
  cast(b.CSRQ as date) as birth_date,
  cast(b.SFZH as nvarchar(18)) as id_card_no,
  cast(b.LXDH as nvarchar(40)) as phone,
  cast(b.JTZZ as nvarchar(200)) as address,
  cast(b.HBZ as nvarchar(40)) as merged_into,
  cast(b.RLTY as nvarchar(10)) as face_consent,    -- 人脸处理同意: Y N, 1 0, 同意 不同意; NULL where nobody asked
  b.RLTYSJ as face_consent_at,
  b.XGSJ as updated_at,
  b.SJC as row_version
from dbo.BRXX as b;
go

-- The newest photo of a record number.
create or alter view yiqiao.photos as
select
  cast(z.BRH as nvarchar(40)) as patient_no,
  z.ZP as photo,                                   -- varbinary(max), JPEG or PNG, at most 9 MB
  cast(N'image/jpeg' as nvarchar(40)) as content_type,
  z.PZSJ as taken_at,
  z.SJC as row_version
from dbo.BRZP as z
where not exists (select 1 from dbo.BRZP as newer where newer.BRH = z.BRH and newer.PZSJ > z.PZSJ);
go

/*
  One row a visit. It joins two tables, so its version is the higher of theirs: rowversions of one database are given in
  one order, and a change of either table gives the row a version above all that were read.
*/
create or alter view yiqiao.visits as
select
  cast(j.JZH as nvarchar(40)) as visit_no,
  cast(j.BRH as nvarchar(40)) as patient_no,
  cast(case j.JZLX when 1 then N'outpatient' when 2 then N'emergency' when 3 then N'inpatient' end as nvarchar(20)) as class,
  cast(case j.ZT when 0 then N'planned' when 1 then N'registered' when 2 then N'in_progress' when 3 then N'finished' when 9 then N'cancelled' end as nvarchar(20)) as status,
  cast(j.KSDM as nvarchar(20)) as department_code,
  cast(k.KSMC as nvarchar(100)) as department_name,
  cast(j.YSGH as nvarchar(20)) as doctor_no,
  cast(j.YSXM as nvarchar(100)) as doctor_name,
  j.KSSJ as started_at,
  j.JSSJ as ended_at,
  cast(j.ZDBM as nvarchar(20)) as diagnosis_code,
  cast(j.ZDMC as nvarchar(200)) as diagnosis_name,
  cast(null as nvarchar(10)) as diagnosis_type,
  cast(null as nvarchar(20)) as drug_code,
  cast(j.YPMC as nvarchar(400)) as drug_name,      -- what was prescribed, in words
  cast(null as nvarchar(10)) as pay_mode,
  j.XGSJ as updated_at,
  (select max(v) from (values (j.SJC), (k.SJC)) as versions (v)) as row_version
from dbo.MZJZ as j
left join dbo.KSXX as k on k.KSDM = j.KSDM;
go

-- One row a transaction (费用明细). A refund is a row of its own, kind credit, with the number it takes back in cancels.
create or alter view yiqiao.charges as
select
  cast(f.LSH as nvarchar(40)) as transaction_id,
  cast(f.BRH as nvarchar(40)) as patient_no,
  cast(f.JZH as nvarchar(40)) as visit_no,
  cast(case f.LX when 1 then N'charge' when 2 then N'credit' when 3 then N'adjustment' when 4 then N'payment' end as nvarchar(20)) as kind,
  cast(f.CXLSH as nvarchar(40)) as cancels,
  cast(f.XMDM as nvarchar(40)) as item_code,
  cast(f.XMMC as nvarchar(200)) as item_name,
  cast(f.SL as decimal(15, 4)) as quantity,
  cast(f.DJ as decimal(15, 4)) as unit_price,
  cast(f.JE as decimal(15, 2)) as amount,          -- yuan; never float
  f.JFSJ as charged_at,
  f.XGSJ as updated_at,
  f.SJC as row_version
from dbo.FYMX as f;
go

-- One row a shift (排班).
create or alter view yiqiao.roster as
select
  cast(p.PBH as nvarchar(40)) as roster_no,
  cast(p.YSGH as nvarchar(20)) as doctor_no,
  cast(p.YSXM as nvarchar(100)) as doctor_name,
  cast(p.KSDM as nvarchar(20)) as department_code,
  cast(p.KSMC as nvarchar(100)) as department_name,
  dateadd(minute, p.KSFZ, cast(p.RQ as datetime2(0))) as starts_at,
  dateadd(minute, p.JSFZ, cast(p.RQ as datetime2(0))) as ends_at,
  p.XHS as capacity,
  cast(case p.ZT when 1 then N'open' when 2 then N'full' when 9 then N'cancelled' end as nvarchar(20)) as status,
  p.XGSJ as updated_at,
  p.SJC as row_version
from dbo.YSPB as p;
go

-- One row a check-in or a queue call (签到、叫号); rows are added, never changed.
create or alter view yiqiao.events as
select
  cast(d.XH as nvarchar(40)) as event_id,
  cast(d.JZH as nvarchar(40)) as visit_no,
  cast(d.BRH as nvarchar(40)) as patient_no,
  cast(case d.LX when 1 then N'checked_in' when 2 then N'waiting' when 3 then N'called' when 4 then N'passed' when 5 then N'in_service' when 6 then N'done' when 9 then N'left' end as nvarchar(20)) as kind,
  cast(d.DLDM as nvarchar(20)) as queue_code,
  cast(d.DLMC as nvarchar(100)) as queue_name,
  cast(d.PDH as nvarchar(20)) as queue_no,
  cast(d.ZS as nvarchar(40)) as room,
  d.SJ as at,
  d.SJC as row_version
from dbo.PDJL as d;
go

-- One row a request for a remote consultation that the hospital has decided on or looked at (远程问诊申请受理结果). The
-- request itself comes by HL7 (REF^I12) or FHIR; request_no is its number CR-…, which the HIS keeps.
create or alter view yiqiao.requests as
select
  cast(w.SQH as nvarchar(40)) as request_no,
  cast(w.BRH as nvarchar(40)) as patient_no,
  cast(case w.ZT when 1 then N'pending' when 2 then N'accepted' when 3 then N'refused' when 9 then N'expired' end as nvarchar(20)) as status,
  cast(w.YY as nvarchar(200)) as reason,
  cast(w.YSGH as nvarchar(20)) as doctor_no,
  cast(w.YSXM as nvarchar(100)) as doctor_name,
  w.XGSJ as updated_at,
  w.SJC as row_version
from dbo.YCWZ as w
where w.ZT in (1, 2, 3, 9);                        -- not those that nobody has looked at
go

/*
  What the views are read by needs an index, or every look reads the whole table. 索引由本院 DBA 评估后建立。

  create index BRXX_SJC on dbo.BRXX (SJC);
  create index BRZP_SJC on dbo.BRZP (SJC);
  create index MZJZ_SJC on dbo.MZJZ (SJC);
  create index FYMX_SJC on dbo.FYMX (SJC);
  create index YSPB_SJC on dbo.YSPB (SJC);
  create index PDJL_SJC on dbo.PDJL (SJC);
  create index YCWZ_SJC on dbo.YCWZ (SJC);

  A table without a rowversion gets one by (it rewrites the table; do it at a quiet hour):

  alter table dbo.BRXX add SJC rowversion;
*/
