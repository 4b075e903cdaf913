// The Lambda function: an action of CloudWatch alarms, or subscribed to an SNS topic of theirs.
import {alerts_of_cloudwatch} from '../alerts.mjs';
import {post_alerts} from '../post.mjs';

export async function handler(event) {
  const alerts = alerts_of_cloudwatch(event, {severity: process.env.HITWATCH_SEVERITY || 'warning'});
  return {posted: await post_alerts(alerts)};
}
