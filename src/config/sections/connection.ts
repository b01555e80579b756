import { IsBoolean, IsInt, IsNumber, Max, Min } from 'class-validator';
import { FLAG, Optional, RecordOf, Required, Rest, Takes, Text, TextList, either, listOf, oneOf, section, text } from '../decorators.js';
import { address, cronOrDuration, databaseUrl, duration, filled, httpUrl, redisUrl, timeZone } from '../formats.js';

/** Which installation this is. Nothing leaves it unless `writes` is on. */
export class EnvironmentSection {
  /** What the installation is called in logs, notices and the console. */
  @Optional() @Text(filled)
  name?: string;

  /** `off` (the default) lets nothing leave, whatever a source's `push` says. */
  @Optional() @Takes(either(oneOf(['on', 'off']), FLAG))
  writes?: 'on' | 'off' | boolean;
}

/** Where Lockstep keeps its model. */
export class DatabaseSection {
  /** `sqlite:` and a path (relative to this file), or `mysql://user:${env:DB_PASSWORD}@host:3306/lockstep`. */
  @Optional() @Text(databaseUrl)
  url?: string;
}

/** The queue between several processes. Absent: jobs run in this process. */
export class QueueSection {
  /** e.g. `redis://127.0.0.1:6379`. */
  @Required() @Text(redisUrl)
  url!: string;

  /** Put before every key, so that several installations can share one server. */
  @Optional() @Text(filled)
  prefix?: string;
}

/** The service's own address. */
export class ServerSection {
  /** The address to listen on; only loopback is reached from this machine alone. */
  @Optional() @Text(filled)
  host?: string;

  /** 0 takes any free port. */
  @Optional() @IsInt() @Min(0) @Max(65535)
  port?: number;

  /** Under which the service is reached from outside: for webhooks and links in notices. */
  @Optional() @Text(httpUrl)
  publicUrl?: string;

  /** Proxies whose `X-Forwarded-*` headers are believed. */
  @Optional() @TextList(address)
  trustedProxies?: string[];
}

/** Who asks: a method of the connector and the keys that it needs. */
@Rest(text())
export class AuthSection {
  /** One of the connector's methods, e.g. `basic`. */
  @Required() @Text(filled)
  method!: string;
}

/** How one sender of webhooks proves itself. */
@Rest(either(text(), FLAG, listOf(text())))
export class WebhookAuthSection {
  /** One of the connector's methods, e.g. `hmac_sha256`. */
  @Required() @Text(filled)
  method!: string;
}

/** Deliveries from the source. Without it, or without a secret, there is no endpoint. */
export class WebhookSection {
  /** One or a list: a delivery is taken if any of them fits, so that a secret can be changed without a gap. */
  @Required() @Takes(either(section(() => WebhookAuthSection), listOf(section(() => WebhookAuthSection))))
  auth!: WebhookAuthSection | WebhookAuthSection[];

  /** Addresses or networks from which deliveries may come. Absent: from anywhere. */
  @Optional() @TextList(address)
  allowFrom?: string[];
}

/** When one stream is read by itself. */
export class StreamScheduleSection {
  /** What has changed: cron such as `0 2 * * *` or a duration between two runs. */
  @Optional() @Text(cronOrDuration)
  incremental?: string;

  /** Everything, so that deletes become known: cron or a duration between two runs. */
  @Optional() @Text(cronOrDuration)
  full?: string;
}

/** When the source is read. Absent: only on command. */
export class ScheduleSection {
  /** What has changed: cron such as `0 2 * * *` or a duration between two runs. */
  @Optional() @Text(cronOrDuration)
  incremental?: string;

  /** Everything, so that deletes become known: cron or a duration between two runs. */
  @Optional() @Text(cronOrDuration)
  full?: string;

  /** IANA time zone of cron expressions and quiet hours. */
  @Optional() @Text(timeZone)
  timezone?: string;

  /** Each start is put off by a random time of at most this, so that sources do not all begin at once. */
  @Optional() @Text(duration)
  jitter?: string;

  /** Streams with times of their own: they are left out of the source's other runs. */
  @Optional() @RecordOf(() => StreamScheduleSection)
  streams?: Record<string, StreamScheduleSection>;
}

/** Encrypted connections. */
export class TlsSection {
  /** Certificates of one's own authority (PEM); relative to this file. */
  @Optional() @Text(filled)
  caFile?: string;

  /** `false` accepts any certificate: for a laboratory only. */
  @Optional() @IsBoolean()
  rejectUnauthorized?: boolean;
}

/** Guards against a source that suddenly gives less or something else. A breach holds the changes back until a person decides. */
export class SafetySection {
  /** Share of a scope's live records that may vanish in one run. */
  @Optional() @IsNumber() @Min(0) @Max(1)
  maxDeleteRatio?: number;

  /** Up to so many may vanish whatever the share. */
  @Optional() @IsInt() @Min(0)
  minDeletes?: number;

  /** Share of the source's assets whose stage, class or identity may change in one run. */
  @Optional() @IsNumber() @Min(0) @Max(1)
  maxChangeRatio?: number;

  /** Up to so many may change whatever the share. */
  @Optional() @IsInt() @Min(0)
  minChanges?: number;

  /** Complete passes in which a record must be missing before it counts as gone. */
  @Optional() @IsInt() @Min(1)
  missingPasses?: number;

  /** And for how long. */
  @Optional() @Text(duration)
  missingFor?: string;

  /** A complete pass that returns less than this share of the live records is suspect: nothing is gone by it. */
  @Optional() @IsNumber() @Min(0) @Max(1)
  suspectRatio?: number;
}
