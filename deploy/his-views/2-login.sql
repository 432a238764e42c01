/*
  A login that may read the views and nothing else. Run after 1-views.sql, as a member of securityadmin and db_owner.
  最小权限登录:只能查询 yiqiao 架构下的视图。口令请自行生成,不要写进脚本归档。

  Never tried on a SQL Server by us: have the DBA of the hospital read and try it.
*/
use master;
go
create login yiqiao_reader with password = N'$(password)', default_database = HIS, check_policy = on, check_expiration = off;
go
use HIS;
go
create user yiqiao_reader for login yiqiao_reader with default_schema = yiqiao;
create role yiqiao_readers;
alter role yiqiao_readers add member yiqiao_reader;
go

-- The views and the tables below them have one owner (dbo), so the views may be read without any right to the tables.
grant select on schema::yiqiao to yiqiao_readers;
deny insert, update, delete, execute, alter, control, references, take ownership on schema::yiqiao to yiqiao_readers;
deny select, insert, update, delete, execute, alter, control, references, take ownership, view definition on schema::dbo to yiqiao_readers;
deny create table, create view, create procedure, create function, backup database, view database state to yiqiao_readers;
go

/*
  Readers and writers should not wait for each other. With the option below a read sees what was committed when it
  began, without locks. It changes the whole database and needs room in tempdb: the DBA decides.

  alter database HIS set read_committed_snapshot on with rollback after 30 seconds;

  A limit for this login alone (Enterprise Edition; in other editions timeoutMs of Yiqiao is the only limit):

  create workload group yiqiao_group with (request_max_cpu_time_sec = 10, max_dop = 1, group_max_requests = 2, importance = low) using [default];
  create function dbo.classify_yiqiao () returns sysname with schemabinding as
  begin
    return case when suser_name() = N'yiqiao_reader' then N'yiqiao_group' else N'default' end
  end;
  alter resource governor with (classifier_function = dbo.classify_yiqiao);
  alter resource governor reconfigure;

  To look at what the login may do:

  execute as user = 'yiqiao_reader';
  select * from fn_my_permissions(null, 'DATABASE');
  select top (1) * from yiqiao.patients;
  select top (1) * from dbo.BRXX;                -- must be refused
  revert;
*/
